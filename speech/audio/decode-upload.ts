import { limits } from '../gateway.ts';
import { Fault } from '../http/fault.ts';
import { alawToFloat, mulawToFloat } from './mulaw.ts';
import { pcm16ToFloat } from './pcm.ts';
import { AudioFormatError, type DecodedAudio, isWav, readWav } from './wav.ts';

export interface RawFormat {
  readonly encoding: 'linear16' | 'mulaw' | 'alaw';
  readonly sampleRate: number;
  readonly channels: number;
}

/** Decodes an uploaded recording: WAV by its header, else raw in the format that was said. Throws a Fault. */
export function decodeUpload(bytes: Buffer, raw?: RawFormat): DecodedAudio {
  const audio = isWav(bytes) ? decodeWav(bytes) : decodeRaw(bytes, raw);
  const durationMs = (audio.samples.length / audio.channels / audio.sampleRate) * 1_000;
  if (durationMs > limits.audioMs)
    throw new Fault(413, 'audio_too_long', `A recording may be ${limits.audioMs / 60_000} minutes long.`);
  if (audio.samples.length === 0) throw new Fault(400, 'empty_audio', 'The recording is empty.');
  return audio;
}

function decodeWav(bytes: Buffer): DecodedAudio {
  try {
    return readWav(bytes);
  } catch (error) {
    if (error instanceof AudioFormatError) throw new Fault(400, 'unsupported_audio', error.message);
    throw error;
  }
}

function decodeRaw(bytes: Buffer, raw: RawFormat | undefined): DecodedAudio {
  if (!raw)
    throw new Fault(
      400,
      'unsupported_audio',
      'The recording cannot be read: send a WAV file (PCM, float, µ-law or A-law); MP3, OGG and FLAC are not supported here.',
    );
  const { encoding, sampleRate, channels } = raw;
  const decode = { linear16: pcm16ToFloat, mulaw: mulawToFloat, alaw: alawToFloat }[encoding];
  return { sampleRate, channels, samples: decode(bytes) };
}
