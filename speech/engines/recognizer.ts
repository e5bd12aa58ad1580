import { concatFloat } from '../audio/pcm.ts';
import type { EngineJob, EngineScheduler } from './engine-scheduler.ts';
import { loadSherpa, type SherpaRecognizer } from './sherpa.ts';
import type { SpeechModels } from './speech-models.ts';

export const recognizerRate = 16_000;
/** Moonshine's decoder fails on longer audio (measured: 9 s works, 10 s does not). */
export const longestSegmentMs = 8_000;

/** Without silence around it a short word is often heard twice ("No, no."). */
const leadingSilence = new Float32Array(recognizerRate * 0.2);
const trailingSilence = new Float32Array(recognizerRate * 0.4);
const shortestSamples = recognizerRate * 0.06;

/** Turns a piece of speech (16 kHz mono) into text; '' when nothing was understood. */
export interface Recognizer {
  recognize(samples: Float32Array, job: EngineJob): Promise<string>;
  /** True when jobs are waiting: what can be left out should be. */
  isBusy(): boolean;
  /** True when one more job leaves a thread for those that somebody waits for. */
  hasRoom(): boolean;
  /** True when nothing is being done at all. */
  isIdle(): boolean;
}

export async function createMoonshine(
  models: SpeechModels['recognizer'],
  scheduler: EngineScheduler,
): Promise<Recognizer> {
  const engine = await loadSherpa().OfflineRecognizer.createAsync({
    featConfig: { sampleRate: recognizerRate, featureDim: 80 },
    modelConfig: {
      moonshine: { encoder: models.encoder, mergedDecoder: models.decoder },
      tokens: models.tokens,
      numThreads: 1,
      provider: 'cpu',
      debug: 0,
    },
  });
  return {
    recognize: (samples, job) => recognize(engine, scheduler, samples, job, 3),
    isBusy: () => scheduler.load.waiting > 0,
    hasRoom: () => scheduler.load.running < Math.max(1, scheduler.load.threads - 1),
    isIdle: () => scheduler.load.waiting + scheduler.load.running === 0,
  };
}

/** A piece the decoder cannot take comes back empty, though there is speech: halve it and try again. */
async function recognize(
  engine: SherpaRecognizer,
  scheduler: EngineScheduler,
  samples: Float32Array,
  job: EngineJob,
  halvings: number,
): Promise<string> {
  if (samples.length < shortestSamples) return '';
  const tooLong = samples.length > (recognizerRate * (longestSegmentMs + 700)) / 1_000;
  if (!tooLong) {
    const text = await scheduler.run(job, () => decode(engine, samples));
    if (text !== '' || samples.length < recognizerRate * 4 || halvings === 0) return text;
  }
  const middle = samples.length >> 1;
  const left = await recognize(engine, scheduler, samples.subarray(0, middle), job, halvings - 1);
  const right = await recognize(engine, scheduler, samples.subarray(middle), job, halvings - 1);
  return `${left} ${right}`.trim();
}

async function decode(engine: SherpaRecognizer, samples: Float32Array): Promise<string> {
  const stream = engine.createStream();
  stream.acceptWaveform({
    samples: concatFloat([leadingSilence, samples, trailingSilence]),
    sampleRate: recognizerRate,
  });
  const { text } = await engine.decodeAsync(stream);
  return tidyTranscript(text);
}

/**
 * Cuts what a speech model makes up: loops ("no no no no no no") end after the second round, and a result
 * without a letter or digit is nothing.
 */
export function tidyTranscript(text: string): string {
  const words = text.replace(/\s+/g, ' ').trim().split(' ');
  const kept = cutLoop(words)
    .join(' ')
    .replace(/\.{2,}$/, '.');
  return /[\p{L}\p{N}]/u.test(kept) ? kept : '';
}

function cutLoop(words: string[]): string[] {
  const plain = words.map((word) => word.toLowerCase().replace(/[^\p{L}\p{N}']/gu, ''));
  for (let at = 0; at < words.length; at++) {
    for (let size = 1; size <= 8 && at + size * 4 <= words.length; size++) {
      const repeats = countRepeats(plain, at, size);
      // Digits are said in rows ("five five five five"); words are not.
      const digits = plain
        .slice(at, at + size)
        .every((word) => /^\d+$|^(zero|one|two|three|four|five|six|seven|eight|nine|oh)$/.test(word));
      if (repeats >= 4 && !digits) return words.slice(0, at + size * 2);
    }
  }
  return words;
}

function countRepeats(words: readonly string[], at: number, size: number): number {
  let repeats = 1;
  while (at + (repeats + 1) * size <= words.length) {
    for (let i = 0; i < size; i++) if (words[at + i] !== words[at + repeats * size + i]) return repeats;
    repeats += 1;
  }
  return repeats;
}
