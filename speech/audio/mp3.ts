import { setImmediate } from 'node:timers/promises';
import { MPEGDecoder } from 'mpg123-decoder';
import { createMp3Encoder } from 'wasm-media-encoders';
import type { Encoding } from './encoding.ts';
import { resample } from './resample.ts';
import { AudioFormatError, type DecodedAudio } from './wav.ts';

/** Rates and constant bit rates (kbit/s) that are offered, as ElevenLabs names them. */
export type Mp3Kbps = 32 | 48 | 64 | 96 | 128 | 192;

/** Mono MP3. The last frames come with `finish`. */
export async function mp3Encoding(sampleRate: number, kbps: Mp3Kbps): Promise<Encoding> {
  const encoder = await createMp3Encoder();
  encoder.configure({ sampleRate, channels: 1, bitrate: kbps });
  return {
    // What it answers lies in its own memory, and the next call writes over it.
    encode: (samples, fromRate) => Buffer.from(encoder.encode([resample(samples, fromRate, sampleRate)])),
    finish: () => Buffer.from(encoder.finalize()),
  };
}

/** An ID3 tag, or the head of a frame of layer III. */
export const isMp3 = (bytes: Buffer): boolean =>
  bytes.toString('latin1', 0, 3) === 'ID3' ||
  (bytes.length >= 4 &&
    bytes[0] === 0xff &&
    ((bytes[1] ?? 0) & 0xe6) === 0xe2 &&
    ((bytes[2] ?? 0) & 0xf0) !== 0xf0 &&
    ((bytes[2] ?? 0) & 0x0c) !== 0x0c);

const pieceBytes = 32_768;

/**
 * Decodes an MP3 a piece at a time, so that a small file that holds hours is noticed before it fills the memory.
 * Answers undefined when it lasts longer than `maxMs`. Throws AudioFormatError when nothing in it is MP3.
 */
export async function decodeMp3(bytes: Buffer, maxMs: number): Promise<DecodedAudio | undefined> {
  const decoder = new MPEGDecoder();
  await decoder.ready;
  try {
    const pieces: Float32Array[] = [];
    let [sampleRate, channels, frames] = [0, 1, 0];
    for (let at = 0; at < bytes.length; at += pieceBytes) {
      const decoded = decoder.decode(bytes.subarray(at, at + pieceBytes));
      if (decoded.samplesDecoded > 0) {
        sampleRate ||= decoded.sampleRate;
        channels = decoded.channelData.length;
        frames += decoded.samplesDecoded;
        pieces.push(interleave(decoded.channelData, decoded.samplesDecoded));
        if ((frames / sampleRate) * 1_000 > maxMs) return undefined;
      }
      await setImmediate();
    }
    if (frames === 0) throw new AudioFormatError('Nothing in the file can be read as MP3.');
    const samples = new Float32Array(frames * channels);
    let written = 0;
    for (const piece of pieces) {
      samples.set(piece, written);
      written += piece.length;
    }
    return { sampleRate, channels, samples };
  } finally {
    decoder.free();
  }
}

function interleave(channelData: readonly Float32Array[], frames: number): Float32Array {
  const samples = new Float32Array(frames * channelData.length);
  for (const [channel, data] of channelData.entries())
    for (let at = 0; at < frames; at++) samples[at * channelData.length + channel] = data[at] ?? 0;
  return samples;
}
