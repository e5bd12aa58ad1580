import type { LiveResult } from '../../listen/live-transcriber.ts';
import type { TimedWord } from '../../listen/word-timings.ts';

/** The recognizer gives no scores; a constant is more honest than an invented one. */
const confidence = 0.9;

export interface WireWord {
  readonly word: string;
  readonly punctuated_word?: string;
  readonly start: number;
  readonly end: number;
  readonly confidence: number;
}

const seconds = (ms: number): number => Math.round(ms) / 1_000;

const bare = (word: string): string =>
  word.toLowerCase().replace(/^[^\p{L}\p{N}$£€]+|[^\p{L}\p{N}%]+$/gu, '');

export const plainText = (text: string): string => text.split(/\s+/).map(bare).filter(Boolean).join(' ');

export const wireWords = (words: readonly TimedWord[], punctuate: boolean): WireWord[] =>
  words.map(({ text, startMs, endMs }) => ({
    word: bare(text),
    ...(punctuate ? { punctuated_word: text } : {}),
    start: seconds(startMs),
    end: seconds(endMs),
    confidence,
  }));

export const alternative = (text: string, words: readonly TimedWord[], punctuate: boolean) => ({
  transcript: punctuate ? text : plainText(text),
  confidence: text === '' ? 0 : confidence,
  words: wireWords(words, punctuate),
});

export function resultsMessage(result: LiveResult, requestId: string, model: string, punctuate: boolean) {
  return {
    type: 'Results',
    channel_index: [0, 1],
    duration: seconds(result.durationMs),
    start: seconds(result.startMs),
    is_final: result.isFinal,
    speech_final: result.speechFinal,
    channel: { alternatives: [alternative(result.text, result.words, punctuate)] },
    metadata: { request_id: requestId, model_info: modelInfo(model), model_uuid: localModel },
    from_finalize: result.fromFinalize,
  };
}

export const localModel = '00000000-0000-4000-8000-006d6f6f6e73';

/** Names the model asked for and says what really listened. */
export const modelInfo = (model: string) => ({ name: model, version: 'local', arch: 'moonshine-tiny-en' });

export const metadataMessage = (requestId: string, model: string, created: Date, durationMs: number) => ({
  type: 'Metadata',
  transaction_key: 'deprecated',
  request_id: requestId,
  sha256: '',
  created: created.toISOString(),
  duration: seconds(durationMs),
  channels: 1,
  models: [localModel],
  model_info: { [localModel]: modelInfo(model) },
});
