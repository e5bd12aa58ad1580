import { ReadableStream } from 'node:stream/web';
import { AudioFrame, AudioResampler } from '@livekit/rtc-node';
import { joinSamples } from '../join-samples.ts';
import { voiceSampleRate } from '../providers/tts.ts';

/** Short enough that an interruption is heard at once, long enough to be cheap. */
const frameMs = 50;
/** About -46 dBFS: below it nobody hears a voice begin. */
const audible = 160;
/** What stays before the first audible sample, so that the attack of a consonant is not cut. */
const leadMs = 10;

/** Brings synthesised frames to the rate of the output track, as one piece. */
export function joinFrames(frames: readonly AudioFrame[]): Int16Array {
  const first = frames[0];
  if (!first) return new Int16Array();
  if (first.sampleRate === voiceSampleRate) return concat(frames);
  const resampler = new AudioResampler(first.sampleRate, voiceSampleRate, 1);
  try {
    return concat([...frames.flatMap((frame) => resampler.push(frame)), ...resampler.flush()]);
  } finally {
    resampler.close();
  }
}

const concat = (frames: readonly AudioFrame[]): Int16Array => joinSamples(frames.map(({ data }) => data));

/** Cuts the silence that synthesisers put before the first word: the caller would hear it as a pause. */
export function trimLead(samples: Int16Array): Int16Array {
  const start = samples.findIndex((sample) => Math.abs(sample) > audible);
  const from = start - Math.round((voiceSampleRate * leadMs) / 1_000);
  return from > 0 ? samples.slice(from) : samples;
}

/** Fresh frames of a rendered phrase. rtc-node hands over whole buffers, so every frame owns its samples. */
export function* framesOf(samples: Int16Array): Generator<AudioFrame> {
  const size = (voiceSampleRate * frameMs) / 1_000;
  for (let at = 0; at < samples.length; at += size) {
    const piece = samples.slice(at, at + size);
    yield new AudioFrame(piece, voiceSampleRate, 1, piece.length);
  }
}

export const streamOf = (samples: Int16Array): ReadableStream<AudioFrame> =>
  ReadableStream.from(framesOf(samples));

/** A falling three-tone signal for a line on which not even an apology can be synthesised. */
export function faultTone(): Int16Array {
  const tones = [950, 1_400, 1_800].reverse();
  const toneSamples = Math.round(voiceSampleRate * 0.33);
  const samples = new Int16Array(toneSamples * tones.length);
  for (const [index, hertz] of tones.entries())
    for (let at = 0; at < toneSamples; at++)
      samples[index * toneSamples + at] = Math.sin((2 * Math.PI * hertz * at) / voiceSampleRate) * 5_000;
  return samples;
}

export const durationMs = (samples: Int16Array): number => (samples.length / voiceSampleRate) * 1_000;
