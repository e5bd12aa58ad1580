import type { ipc, voice } from '@livekit/agents';
import type { AgentDefinition } from '../../core/agents/definition.ts';
import type { Logger } from '../../platform/log.ts';
import { spareTime } from '../spare-time.ts';
import type { TurnCues } from './turn-cues.ts';

/** What the end-of-turn model looks back on. */
const lookBackSamples = 19_200;
/** Above its threshold the model is right most of the time; this far above it nearly always. */
const certain = 1.5;
const likely = 0.6;
const possible = 0.33;
/** For words that were spoken, but not transcribed yet: a turn does not end in the middle of them. */
const owedWordsMs = 700;
/** For a turn that is probably, but not certainly over: as long as the framework waits. */
const usualMs = 250;
const englishThreshold = 0.36;

const asks = (transcript: string): boolean => /[?？؟]["”»]?\s*$/u.test(transcript);

export interface TurnPause {
  /** The model's probability over its threshold for the language. Undefined: it has not answered. */
  readonly confidence: number | undefined;
  readonly transcript: string;
  /** The caller has said more than that. */
  readonly owesWords?: boolean;
  readonly shortestMs: number;
  readonly longestMs: number;
}

/** Nobody needs to wait any longer. */
const isOver = (confidence: number, transcript: string): boolean =>
  confidence >= certain || (confidence >= 1 && asks(transcript));

/**
 * How long a pause must be before the turn counts as over. The framework knows only two waits, sure and unsure; a
 * finished question deserves less than a hesitation, and a certain end no wait at all.
 */
export function patienceMs({
  confidence = 0,
  transcript,
  owesWords = false,
  shortestMs,
  longestMs,
}: TurnPause): number {
  const isQuestion = asks(transcript);
  const complete = isQuestion || /[.!。！]["”»]?\s*$/u.test(transcript);
  const wait = () => {
    if (isOver(confidence, transcript)) return shortestMs;
    if (confidence >= 1) return usualMs;
    if (confidence >= likely) return complete ? 400 : 600;
    if (confidence >= possible) return isQuestion ? 500 : 1_000;
    return isQuestion ? 1_000 : longestMs;
  };
  return Math.min(Math.max(wait(), owesWords ? owedWordsMs : 0, shortestMs), longestMs);
}

export interface PatienceLimits {
  readonly shortestMs: number;
  readonly longestMs: number;
}

/** How long an agent waits at the least and at the most. */
export const waitsOf = ({
  turns: { endpointingMinMs, endpointingMaxMs },
}: Pick<AgentDefinition, 'turns'>): PatienceLimits => ({
  shortestMs: endpointingMinMs,
  longestMs: Math.max(endpointingMinMs, endpointingMaxMs),
});

/** Sets the session's wait anew with every prediction and transcript of a turn. */
export class Patience {
  #limits: PatienceLimits;
  readonly #log: Logger;
  #session: voice.AgentSession | undefined;
  #threshold = englishThreshold;
  #confidence: number | undefined;
  #transcript = '';
  #currentMs: number;

  readonly #cues: Pick<TurnCues, 'turnOver' | 'owesWords'>;

  constructor(limits: PatienceLimits, log: Logger, cues: Pick<TurnCues, 'turnOver' | 'owesWords'>) {
    this.#cues = cues;
    this.#limits = limits;
    this.#log = log;
    this.#currentMs = limits.longestMs;
  }

  /**
   * The job's executor, watched: the prediction is known here before the framework chooses its wait, and the framework
   * is always told "unsure", so that it takes ours.
   *
   * @param silenceMs silence that the model is to be shown after the audio. It was trained on pauses of 200 ms and is
   *   asked earlier; with the missing silence added its answers are the same (within 0.03 on 20 sentences).
   */
  watch(executor: ipc.InferenceExecutor, silenceMs: number): ipc.InferenceExecutor {
    return {
      doInference: async (method, data) => {
        const { pcm } = data as { pcm: string };
        const answer = await executor.doInference(method, { pcm: withSilence(pcm, silenceMs) });
        const result = answer as { probability: number; inferenceDurationMs: number };
        spareTime.took(result.inferenceDurationMs);
        this.#confidence = result.probability / this.#threshold;
        const waitMs = this.#apply();
        this.#askForTheRest();
        this.#log.debug({ ...result, threshold: this.#threshold, waitMs }, 'end of turn predicted');
        return { ...result, probability: 0 };
      },
    };
  }

  /** @param threshold the model's for the language; English's when it does not know the language */
  attach(session: voice.AgentSession, threshold: number | undefined): void {
    this.#session = session;
    this.#threshold = threshold ?? englishThreshold;
  }

  /** Another agent goes on, which waits in its own way. */
  follow(limits: PatienceLimits): void {
    this.#limits = limits;
    this.#apply();
  }

  /** What the caller has said of the current turn. */
  heard(transcript: string, isFinal: boolean): void {
    this.#transcript = transcript;
    this.#apply();
    if (!isFinal) this.#askForTheRest();
  }

  /** The words of now would end the turn if they were final. */
  #askForTheRest(): void {
    if (isOver(this.#confidence ?? 0, this.#transcript)) this.#cues.turnOver();
  }

  /** The turn is over. */
  reset(): void {
    this.#confidence = undefined;
    this.#transcript = '';
  }

  #apply(): number {
    const maxDelay = patienceMs({
      confidence: this.#confidence,
      transcript: this.#transcript,
      owesWords: this.#cues.owesWords,
      ...this.#limits,
    });
    if (this.#session && maxDelay !== this.#currentMs) {
      this.#currentMs = maxDelay;
      this.#session.updateOptions({ turnHandling: { endpointing: { maxDelay } } });
    }
    return maxDelay;
  }
}

/** The end of 16 kHz audio (base64 of int16) with silence after it, no longer than the model looks back. */
function withSilence(pcm: string, silenceMs: number): string {
  if (silenceMs === 0) return pcm;
  const audio = Buffer.from(pcm, 'base64');
  const silence = Buffer.alloc(silenceMs * 16 * 2);
  const kept = audio.subarray(Math.max(0, audio.length + silence.length - lookBackSamples * 2));
  return Buffer.concat([kept, silence]).toString('base64');
}
