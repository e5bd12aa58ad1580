import type { Logger } from '../platform/log.ts';
import type { Dialogue } from './dialogue/schema.ts';
import type { EngineScheduler } from './engines/engine-scheduler.ts';
import type { Recognizer } from './engines/recognizer.ts';
import type { Synthesizer } from './engines/synthesizer.ts';

/** What the dialects speak for. */
export interface Gateway {
  readonly recognizer: Recognizer;
  readonly synthesizer: Synthesizer;
  readonly scheduler: EngineScheduler;
  readonly dialogues: ReadonlyMap<string, Dialogue>;
  readonly log: Logger;
}

export const limits = {
  audioBytes: 64 * 1024 * 1024,
  audioMs: 3_600_000,
  jsonBytes: 2 * 1024 * 1024,
  /** ElevenLabs' own limit for its longest-running models. */
  speechCharacters: 40_000,
  /** OpenAI's own limit. */
  openaiSpeechCharacters: 4_096,
  socketFrameBytes: 2 * 1024 * 1024,
  streams: 128,
  heavyRequests: 32,
  contextsPerSocket: 20,
  /** A live stream that is this far behind is not read any further for the moment. */
  liveBacklogMs: 30_000,
} as const;
