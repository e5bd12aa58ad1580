import { alawToFloat, mulawToFloat } from './mulaw.ts';
import { pcm16ToFloat } from './pcm.ts';

export interface DecodedAudio {
  readonly sampleRate: number;
  readonly channels: number;
  /** Interleaved, between -1 and 1. */
  readonly samples: Float32Array;
}

export class AudioFormatError extends Error {
  override readonly name = 'AudioFormatError';
}

const formatPcm = 1;
const formatFloat = 3;
const formatAlaw = 6;
const formatMulaw = 7;
const formatExtensible = 0xfffe;

export const isWav = (bytes: Buffer): boolean =>
  bytes.length >= 12 &&
  bytes.toString('latin1', 0, 4) === 'RIFF' &&
  bytes.toString('latin1', 8, 12) === 'WAVE';

/** Reads a RIFF WAVE file: PCM of 8, 16, 24 or 32 bits, float, A-law, µ-law. Throws AudioFormatError. */
export function readWav(bytes: Buffer): DecodedAudio {
  if (!isWav(bytes)) throw new AudioFormatError('This is not a WAV file.');
  let format: { code: number; channels: number; sampleRate: number; bits: number } | undefined;
  let at = 12;
  while (at + 8 <= bytes.length) {
    const id = bytes.toString('latin1', at, at + 4);
    const sizeBytes = bytes.readUInt32LE(at + 4);
    const body = bytes.subarray(at + 8, Math.min(at + 8 + sizeBytes, bytes.length));
    if (id === 'fmt ') format = readFormat(body);
    if (id === 'data') {
      if (!format) throw new AudioFormatError('The WAV file has its data before its format.');
      return { sampleRate: format.sampleRate, channels: format.channels, samples: decode(body, format) };
    }
    at += 8 + sizeBytes + (sizeBytes % 2);
  }
  throw new AudioFormatError('The WAV file has no data.');
}

function readFormat(body: Buffer): { code: number; channels: number; sampleRate: number; bits: number } {
  if (body.length < 16) throw new AudioFormatError('The format part of the WAV file is cut short.');
  const code = body.readUInt16LE(0);
  const format = {
    code: code === formatExtensible && body.length >= 26 ? body.readUInt16LE(24) : code,
    channels: body.readUInt16LE(2),
    sampleRate: body.readUInt32LE(4),
    bits: body.readUInt16LE(14),
  };
  if (format.channels < 1 || format.channels > 16)
    throw new AudioFormatError(`A WAV file of ${format.channels} channels cannot be read.`);
  if (format.sampleRate < 4_000 || format.sampleRate > 192_000)
    throw new AudioFormatError(`A sample rate of ${format.sampleRate} Hz cannot be read.`);
  return format;
}

function decode(body: Buffer, { code, bits }: { code: number; bits: number }): Float32Array {
  if (code === formatPcm && bits === 16) return pcm16ToFloat(body);
  if (code === formatMulaw) return mulawToFloat(body);
  if (code === formatAlaw) return alawToFloat(body);
  const read = sampleReader(code, bits);
  if (!read) throw new AudioFormatError(`The WAV encoding ${code} with ${bits} bits cannot be read.`);
  const width = bits / 8;
  const samples = new Float32Array(Math.floor(body.length / width));
  for (let i = 0; i < samples.length; i++) {
    const value = read(body, i * width);
    samples[i] = Number.isFinite(value) ? value : 0;
  }
  return samples;
}

function sampleReader(code: number, bits: number): ((body: Buffer, at: number) => number) | undefined {
  if (code === formatFloat && bits === 32) return (body, at) => body.readFloatLE(at);
  if (code === formatFloat && bits === 64) return (body, at) => body.readDoubleLE(at);
  if (code !== formatPcm) return undefined;
  if (bits === 8) return (body, at) => (body.readUInt8(at) - 128) / 128;
  if (bits === 24) return (body, at) => body.readIntLE(at, 3) / 8_388_608;
  if (bits === 32) return (body, at) => body.readInt32LE(at) / 2_147_483_648;
  return undefined;
}

/** The 44 bytes before mono 16-bit PCM. A size of Infinity makes the header of a stream of unknown length. */
export function wavHeader(sampleRate: number, dataBytes: number): Buffer {
  const size = Number.isFinite(dataBytes) ? dataBytes : 0xffffffff - 36;
  const header = Buffer.alloc(44);
  header.write('RIFF', 0, 'latin1');
  header.writeUInt32LE(36 + size, 4);
  header.write('WAVEfmt ', 8, 'latin1');
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(formatPcm, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(sampleRate, 24);
  header.writeUInt32LE(sampleRate * 2, 28);
  header.writeUInt16LE(2, 32);
  header.writeUInt16LE(16, 34);
  header.write('data', 36, 'latin1');
  header.writeUInt32LE(size, 40);
  return header;
}
