import { speakable } from '../text/speakable.ts';
import { splitClauses } from '../text/split-clauses.ts';
import { ClauseCache } from './clause-cache.ts';
import type { EnginePriority, EngineScheduler } from './engine-scheduler.ts';
import { loadSherpa } from './sherpa.ts';
import type { SpeechModels } from './speech-models.ts';

export interface SpeakRequest {
  readonly text: string;
  /** 1 is the voice's own pace. */
  readonly speed?: number;
  /** One call; see EngineScheduler. */
  readonly lane: string;
  /** False when more of the same utterance has been spoken already: nobody waits for its first sound. */
  readonly first?: boolean;
  readonly signal?: AbortSignal | undefined;
}

export interface SpokenClause {
  /** As given, with the space after it. */
  readonly text: string;
  /** Mono, between -1 and 1, at the synthesizer's rate, with the pause that follows. */
  readonly samples: Float32Array;
  /** How much of `samples` is that pause. */
  readonly pauseSamples: number;
}

export interface Synthesizer {
  readonly sampleRate: number;
  /** Speaks clause by clause. Ends early without an error when the signal is aborted. */
  speak(request: SpeakRequest): AsyncGenerator<SpokenClause>;
}

/** A listener who has less than this left to hear waits for the next clause like one who has heard nothing yet. */
const urgentMs = 700;

/** Renders one clause; the part of the synthesizer that is native. */
type Render = (text: string, speed: number) => Promise<Float32Array>;

export interface PiperOptions {
  readonly cacheBytes?: number;
  /** True speaks the same text the same way each time (flatter): for tests. */
  readonly isSteady?: boolean;
}

export async function createPiper(
  models: SpeechModels['voice'],
  scheduler: EngineScheduler,
  options: PiperOptions = {},
): Promise<Synthesizer> {
  const voice = await loadSherpa().OfflineTts.createAsync({
    model: {
      // Zero would mean "the default" to the engine.
      vits: { ...models, ...(options.isSteady ? { noiseScale: 0.001, noiseScaleW: 0.001 } : {}) },
      numThreads: 1,
      provider: 'cpu',
      debug: 0,
    },
    maxNumSentences: 1,
  });
  const render: Render = async (text, speed) =>
    (await voice.generateAsync({ text, sid: 0, speed, enableExternalBuffer: false })).samples;
  return createSynthesizer(render, voice.sampleRate, scheduler, options);
}

/** The engine-independent half: clauses, cache, one rendering for callers that want the same words at once. */
export function createSynthesizer(
  render: Render,
  sampleRate: number,
  scheduler: EngineScheduler,
  { cacheBytes = 48 * 1024 * 1024 }: { cacheBytes?: number } = {},
): Synthesizer {
  const cache = new ClauseCache(cacheBytes);
  const underWay = new Map<string, Promise<Int16Array>>();

  const clause = async (said: string, speed: number, lane: string, priority: EnginePriority) => {
    const key = `${speed} ${said}`;
    const known = cache.get(key);
    if (known) return known;
    let work = underWay.get(key);
    if (!work) {
      work = scheduler
        .run({ priority, lane }, () => render(said, speed))
        .then((samples) => {
          const trimmed = toInt16(trimSilence(samples, sampleRate));
          cache.set(key, trimmed);
          return trimmed;
        })
        .finally(() => underWay.delete(key));
      underWay.set(key, work);
    }
    return work;
  };

  async function* speak({ text, speed = 1, lane, first = true, signal }: SpeakRequest) {
    let spokenMs = 0;
    let startedAt = first ? undefined : performance.now();
    const priority = (): EnginePriority => {
      const leftMs = startedAt === undefined ? 0 : startedAt + spokenMs - performance.now();
      return leftMs < urgentMs ? 'first' : 'later';
    };
    for (const piece of splitClauses(text, { eager: first })) {
      if (signal?.aborted) return;
      const said = speakable(piece);
      if (!/[\p{L}\p{N}]/u.test(said)) {
        yield { text: piece, samples: new Float32Array(0), pauseSamples: 0 };
        continue;
      }
      const spoken = await clause(said, speed, lane, priority());
      if (signal?.aborted) return;
      const pauseSamples = Math.round((pauseAfterMs(piece) / 1_000 / speed) * sampleRate);
      startedAt ??= performance.now();
      spokenMs += ((spoken.length + pauseSamples) / sampleRate) * 1_000;
      yield { text: piece, samples: withPause(spoken, pauseSamples), pauseSamples };
    }
  }
  return { sampleRate, speak };
}

function pauseAfterMs(clause: string): number {
  const end = clause.trimEnd().replace(/["'”’)\]]+$/, '');
  if (/\n\s*$/.test(clause)) return 300;
  if (/[.!?…]$/.test(end)) return 220;
  if (/[,;:–—-]$/.test(end)) return 120;
  return 20;
}

function withPause(spoken: Int16Array, pauseSamples: number): Float32Array {
  const samples = new Float32Array(spoken.length + pauseSamples);
  for (let i = 0; i < spoken.length; i++) samples[i] = (spoken[i] ?? 0) / 32_768;
  return samples;
}

/** Piper's own silence varies from call to call; ours is set by the punctuation. */
export function trimSilence(samples: Float32Array, sampleRate: number): Float32Array {
  const margin = Math.round(sampleRate * 0.02);
  let start = 0;
  while (start < samples.length && Math.abs(samples[start] ?? 0) < 0.006) start += 1;
  let end = samples.length;
  while (end > start && Math.abs(samples[end - 1] ?? 0) < 0.006) end -= 1;
  return samples.subarray(Math.max(0, start - margin), Math.min(samples.length, end + margin));
}

function toInt16(samples: Float32Array): Int16Array {
  const result = new Int16Array(samples.length);
  for (let i = 0; i < samples.length; i++)
    result[i] = Math.round(Math.max(-1, Math.min(1, samples[i] ?? 0)) * 32_767);
  return result;
}
