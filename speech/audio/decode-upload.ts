import { limits } from '../gateway.ts';
import { Fault } from '../http/fault.ts';
import { decodeMp3, isMp3 } from './mp3.ts';
import { alawToFloat, mulawToFloat } from './mulaw.ts';
import { pcm16ToFloat } from './pcm.ts';
import { AudioFormatError, type DecodedAudio, isWav, readWav } from './wav.ts';

export interface RawFormat {
  readonly encoding: 'linear16' | 'mulaw' | 'alaw';
  readonly sampleRate: number;
  readonly channels: number;
}

/**
 * Decodes an uploaded recording: raw in the format that was said, else WAV or MP3 by its first bytes. Throws a Fault.
 */
export async function decodeUpload(bytes: Buffer, raw?: RawFormat): Promise<DecodedAudio> {
  const audio = await decode(bytes, raw);
  const durationMs = audio ? (audio.samples.length / audio.channels / audio.sampleRate) * 1_000 : Infinity;
  if (!audio || durationMs > limits.audioMs)
    throw new Fault(413, 'audio_too_long', `A recording may be ${limits.audioMs / 60_000} minutes long.`);
  if (audio.samples.length === 0) throw new Fault(400, 'empty_audio', 'The recording is empty.');
  return audio;
}

/** Undefined when it lasts too long to be decoded to its end. */
async function decode(bytes: Buffer, raw: RawFormat | undefined): Promise<DecodedAudio | undefined> {
  try {
    if (isWav(bytes)) return readWav(bytes);
    if (!raw && isMp3(bytes)) return await decodeMp3(bytes, limits.audioMs);
  } catch (error) {
    if (error instanceof AudioFormatError) throw new Fault(400, 'unsupported_audio', error.message);
    throw error;
  }
  return decodeRaw(bytes, raw);
}

function decodeRaw(bytes: Buffer, raw: RawFormat | undefined): DecodedAudio {
  if (!raw)
    throw new Fault(
      400,
      'unsupported_audio',
      'The recording cannot be read: send a WAV (PCM, float, µ-law or A-law) or MP3 file; OGG, AAC and FLAC are not supported here.',
    );
  const { encoding, sampleRate, channels } = raw;
  const toFloat = { linear16: pcm16ToFloat, mulaw: mulawToFloat, alaw: alawToFloat }[encoding];
  return { sampleRate, channels, samples: toFloat(bytes) };
}
