import { readFile, writeFile } from 'node:fs/promises';
import { decodeUlaw } from './ulaw.ts';

export interface Clip {
  /** Mono, 16 bit. */
  readonly samples: Int16Array;
  readonly sampleRate: number;
}

export interface Wav extends Clip {
  /** One array per channel; `samples` is their mean. */
  readonly channels: readonly Int16Array[];
}

const PCM = 1;
const MULAW = 7;
const EXTENSIBLE = 0xfffe;

export async function readWav(path: string): Promise<Wav> {
  return parseWav(await readFile(path));
}

export async function writeWav(path: string, clip: Clip | Omit<Wav, 'samples'>): Promise<void> {
  const channels = 'channels' in clip ? clip.channels : [clip.samples];
  await writeFile(path, makeWav(channels, clip.sampleRate));
}

/** 16-bit PCM or mu-law. Throws when the file is neither. */
export function parseWav(data: Uint8Array): Wav {
  const file = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  if (file.toString('latin1', 0, 4) !== 'RIFF' || file.toString('latin1', 8, 12) !== 'WAVE') {
    throw new Error('not a WAV file');
  }
  const format = chunk(file, 'fmt ');
  const body = chunk(file, 'data');
  if (!format || !body) throw new Error('the WAV file has no format or no data');
  const code = format.readUInt16LE(0);
  const encoding = code === EXTENSIBLE ? format.readUInt16LE(24) : code;
  const count = format.readUInt16LE(2);
  const sampleRate = format.readUInt32LE(4);
  const bits = format.readUInt16LE(14);
  const channels = split(decode(body, encoding, bits), count);
  return { channels, samples: mix(channels), sampleRate };
}

/** A 16-bit PCM file; shorter channels end in silence. */
export function makeWav(channels: readonly Int16Array[], sampleRate: number): Buffer {
  const frames = Math.max(0, ...channels.map((channel) => channel.length));
  const size = frames * channels.length * 2;
  const file = Buffer.alloc(44 + size);
  file.write('RIFF', 0, 'latin1');
  file.writeUInt32LE(36 + size, 4);
  file.write('WAVEfmt ', 8, 'latin1');
  file.writeUInt32LE(16, 16);
  file.writeUInt16LE(PCM, 20);
  file.writeUInt16LE(channels.length, 22);
  file.writeUInt32LE(sampleRate, 24);
  file.writeUInt32LE(sampleRate * channels.length * 2, 28);
  file.writeUInt16LE(channels.length * 2, 32);
  file.writeUInt16LE(16, 34);
  file.write('data', 36, 'latin1');
  file.writeUInt32LE(size, 40);
  for (const [index, channel] of channels.entries()) {
    for (let i = 0; i < channel.length; i += 1) {
      file.writeInt16LE(channel[i] ?? 0, 44 + (i * channels.length + index) * 2);
    }
  }
  return file;
}

/** 16-bit little-endian bytes as samples. */
export function samplesOf(pcm: Uint8Array): Int16Array {
  const bytes = Buffer.from(pcm.buffer, pcm.byteOffset, pcm.byteLength);
  return Int16Array.from({ length: bytes.length >> 1 }, (_, i) => bytes.readInt16LE(i * 2));
}

function chunk(file: Buffer, id: string): Buffer | undefined {
  for (let at = 12; at + 8 <= file.length; ) {
    // A streaming writer leaves the size at its maximum: then it is the rest of the file.
    const size = Math.min(file.readUInt32LE(at + 4), file.length - at - 8);
    if (file.toString('latin1', at, at + 4) === id) return file.subarray(at + 8, at + 8 + size);
    at += 8 + size + (size & 1);
  }
  return undefined;
}

function decode(body: Buffer, encoding: number, bits: number): Int16Array {
  if (encoding === MULAW && bits === 8) return decodeUlaw(body);
  if (encoding === PCM && bits === 16) return samplesOf(body);
  throw new Error(`WAV encoding ${encoding} of ${bits} bits is not supported`);
}

function split(samples: Int16Array, count: number): Int16Array[] {
  const frames = Math.floor(samples.length / count);
  return Array.from({ length: count }, (_, channel) =>
    Int16Array.from({ length: frames }, (_, frame) => samples[frame * count + channel] ?? 0),
  );
}

function mix(channels: readonly Int16Array[]): Int16Array {
  const [first = new Int16Array(0), ...others] = channels;
  if (others.length === 0) return first;
  return first.map((sample, i) => {
    const sum = others.reduce((total, channel) => total + (channel[i] ?? 0), sample);
    return Math.round(sum / channels.length);
  });
}
