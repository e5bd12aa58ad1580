import { concatFloat } from '../audio/pcm.ts';
import type { Recognizer } from '../engines/recognizer.ts';
import { Segment } from './segment.ts';
import { frameMs, frameSamples, VoiceActivity } from './voice-activity.ts';
import { type TimedWord, wordTimings } from './word-timings.ts';

export interface LiveResult {
  readonly type: 'result';
  readonly text: string;
  readonly words: readonly TimedWord[];
  readonly startMs: number;
  readonly durationMs: number;
  readonly isFinal: boolean;
  readonly speechFinal: boolean;
  readonly fromFinalize: boolean;
}

export type LiveEvent =
  | { readonly type: 'speech-started'; readonly atMs: number }
  | { readonly type: 'utterance-end'; readonly lastWordEndMs: number }
  | LiveResult;

export interface LiveTranscriberOptions {
  readonly recognizer: Recognizer;
  /** Silence that ends an utterance. */
  readonly endpointingMs: number;
  readonly interim: boolean;
  readonly utteranceEndMs?: number | undefined;
  readonly lane: string;
  /** True for a recording: nobody waits for it on the phone. */
  readonly isFile?: boolean;
  readonly emit: (event: LiveEvent) => void;
  readonly onError: (error: unknown) => void;
}

const prerollFrames = 15;
/** Voice in three of five frames starts a segment: a click does not. */
const onsetFrames = 5;
const onsetVoiced = 3;
/** The decode that becomes the final one starts as soon as the voice pauses, not when the pause is long enough. */
const candidateAfterMs = 80;
/** And sooner while nobody else wants the engine: the pause may be none. */
const earlyCandidateAfterMs = 60;
const interimEveryMs = 400;
/** Decoding takes longer the longer the segment is: interim results may cost about a seventh of a core a caller. */
const interimShare = 0.2;
/**
 * How much longer an interim result waits where it would take the last free thread from those that somebody waits for.
 */
const patience = 2;
/** Less voice than this is a cough or a click; a model makes words of it. */
const shortestVoiceMs = 150;
const softCutMs = 5_500;
const hardCutMs = 7_400;
/** A caller's client may stop sending when it is silent; then time passes by the clock. */
const stallMs = 450;

/** Transcribes one live channel of 16 kHz audio, decoding while the person still speaks. */
export class LiveTranscriber {
  readonly #options: LiveTranscriberOptions;
  readonly #voice = new VoiceActivity();
  readonly #abort = new AbortController();
  readonly #preroll: { samples: Float32Array; voiced: boolean }[] = [];
  #rest = new Float32Array(0);
  #frames = 0;
  #segment: Segment | undefined;
  /** Finals leave in the order in which their segments ended. */
  #tail: Promise<void> = Promise.resolve();
  #backlogMs = 0;
  #unansweredEndMs: number | undefined;
  #stall: NodeJS.Timeout | undefined;
  #utteranceEnd: NodeJS.Timeout | undefined;

  constructor(options: LiveTranscriberOptions) {
    this.#options = options;
  }

  get positionMs(): number {
    return this.#frames * frameMs;
  }

  /** Speech that has ended and is not yet decoded. */
  get backlogMs(): number {
    return this.#backlogMs;
  }

  push(samples: Float32Array): void {
    const input = this.#rest.length === 0 ? samples : concatFloat([this.#rest, samples]);
    let at = 0;
    for (; at + frameSamples <= input.length; at += frameSamples)
      this.#frame(input.slice(at, at + frameSamples));
    this.#rest = input.slice(at);
    clearTimeout(this.#stall);
    if (this.#segment) this.#stall = setTimeout(() => this.#close({ speechFinal: true }), stallMs);
  }

  /** Ends the open segment now; there is always one result for it, empty when nothing was said. */
  finalize(): void {
    if (this.#segment?.hasVoice(shortestVoiceMs)) {
      this.#close({ speechFinal: true, fromFinalize: true });
      return;
    }
    this.#drop();
    const startMs = this.positionMs;
    this.#chain(async () =>
      this.#options.emit({
        type: 'result',
        text: '',
        words: [],
        startMs,
        durationMs: 0,
        isFinal: true,
        speechFinal: true,
        fromFinalize: true,
      }),
    );
  }

  /** Ends the open segment and waits until everything is decoded and emitted. */
  async end(): Promise<void> {
    if (this.#rest.length > 0) this.push(new Float32Array(frameSamples - this.#rest.length));
    this.#close({ speechFinal: true });
    await this.#tail;
    this.stop();
  }

  /** Drops everything; nothing is emitted any more. */
  stop(): void {
    clearTimeout(this.#stall);
    clearTimeout(this.#utteranceEnd);
    this.#segment = undefined;
    this.#abort.abort(new Error('The stream has ended.'));
  }

  #frame(samples: Float32Array): void {
    const voiced = this.#voice.push(samples);
    this.#frames += 1;
    if (this.#segment) this.#extend(this.#segment, samples, voiced);
    else this.#listen(samples, voiced);
  }

  #listen(samples: Float32Array, voiced: boolean): void {
    this.#preroll.push({ samples, voiced });
    if (this.#preroll.length > prerollFrames) this.#preroll.shift();
    if (!voiced || this.#preroll.slice(-onsetFrames).filter((frame) => frame.voiced).length < onsetVoiced) {
      this.#endUtteranceByAudio();
      return;
    }
    const segment = new Segment(this.#frames - this.#preroll.length);
    for (const frame of this.#preroll) segment.add(frame.samples, frame.voiced);
    this.#preroll.length = 0;
    this.#segment = segment;
    clearTimeout(this.#utteranceEnd);
    this.#unansweredEndMs = undefined;
    this.#options.emit({ type: 'speech-started', atMs: segment.firstVoiceMs });
  }

  #extend(segment: Segment, samples: Float32Array, voiced: boolean): void {
    segment.add(samples, voiced);
    const { silenceMs, durationMs } = segment;
    const pauseMs =
      durationMs > softCutMs ? Math.min(100, this.#options.endpointingMs) : this.#options.endpointingMs;
    if (silenceMs >= pauseMs) {
      this.#close({ speechFinal: true });
      return;
    }
    if (durationMs >= hardCutMs) {
      this.#cut(segment);
      return;
    }
    if (!segment.hasVoice(shortestVoiceMs)) return;
    if (this.#wantsCandidate(segment)) this.#decode(segment, 'final');
    else if (silenceMs === 0 && this.#wantsInterim(segment)) this.#decode(segment, 'interim');
  }

  #wantsCandidate({ candidate, silenceMs }: Segment): boolean {
    if (candidate || silenceMs < earlyCandidateAfterMs) return false;
    return silenceMs >= candidateAfterMs || this.#options.recognizer.isIdle();
  }

  #wantsInterim({ decoding, sinceDecodeMs, durationMs }: Segment): boolean {
    const { interim, recognizer } = this.#options;
    if (!interim || decoding || recognizer.isBusy()) return false;
    const dueMs = Math.max(interimEveryMs, interimShare * durationMs);
    return sinceDecodeMs >= (recognizer.hasRoom() ? dueMs : dueMs * patience);
  }

  /** Nobody breathed: cut at the quietest moment and go on with the rest. */
  #cut(segment: Segment): void {
    const rest = segment.splitAtQuietest();
    this.#close({ speechFinal: false });
    this.#segment = rest;
  }

  #close({ speechFinal, fromFinalize = false }: { speechFinal: boolean; fromFinalize?: boolean }): void {
    clearTimeout(this.#stall);
    const segment = this.#segment;
    this.#segment = undefined;
    if (!segment?.hasVoice(shortestVoiceMs)) return;
    segment.closed = true;
    const text = segment.candidate ?? this.#decode(segment, 'final');
    this.#backlogMs += segment.durationMs;
    this.#chain(async () => {
      this.#emitResult(segment, await text, { isFinal: true, speechFinal, fromFinalize });
      this.#backlogMs -= segment.durationMs;
      if (speechFinal && !this.#segment) this.#awaitUtteranceEnd(segment.lastVoiceMs);
    });
  }

  #drop(): void {
    clearTimeout(this.#stall);
    if (this.#segment) this.#segment.closed = true;
    this.#segment = undefined;
  }

  /** Decodes the segment as it is now; the text goes out as an interim result while the segment is open. */
  #decode(segment: Segment, priority: 'final' | 'interim'): Promise<string> {
    const { recognizer, lane, interim, isFile } = this.#options;
    const work = recognizer
      .recognize(segment.samples(), {
        priority: isFile ? 'file' : priority,
        lane,
        signal: this.#abort.signal,
      })
      .catch((error: unknown) => {
        if (!this.#abort.signal.aborted) this.#options.onError(error);
        return '';
      });
    segment.decodeStarted(priority === 'final' ? work : undefined);
    const decoded = work.then((text) => {
      segment.decoding = false;
      if (interim && !segment.closed && text !== '')
        this.#emitResult(segment, text, { isFinal: false, speechFinal: false, fromFinalize: false });
    });
    decoded.catch(this.#options.onError);
    return work;
  }

  #emitResult(
    segment: Segment,
    text: string,
    flags: { isFinal: boolean; speechFinal: boolean; fromFinalize: boolean },
  ): void {
    if (this.#abort.signal.aborted) return;
    const { startMs, durationMs } = segment;
    const words = wordTimings(text, segment.voiced, startMs);
    this.#options.emit({ type: 'result', text, words, startMs, durationMs, ...flags });
  }

  #awaitUtteranceEnd(lastWordEndMs: number): void {
    const { utteranceEndMs } = this.#options;
    if (utteranceEndMs === undefined) return;
    this.#unansweredEndMs = lastWordEndMs;
    clearTimeout(this.#utteranceEnd);
    this.#utteranceEnd = setTimeout(() => this.#emitUtteranceEnd(), utteranceEndMs);
    this.#endUtteranceByAudio();
  }

  #endUtteranceByAudio(): void {
    const { utteranceEndMs } = this.#options;
    if (utteranceEndMs === undefined || this.#unansweredEndMs === undefined) return;
    if (this.positionMs - this.#unansweredEndMs >= utteranceEndMs) this.#emitUtteranceEnd();
  }

  #emitUtteranceEnd(): void {
    clearTimeout(this.#utteranceEnd);
    const lastWordEndMs = this.#unansweredEndMs;
    this.#unansweredEndMs = undefined;
    if (lastWordEndMs !== undefined) this.#options.emit({ type: 'utterance-end', lastWordEndMs });
  }

  #chain(step: () => Promise<void>): void {
    this.#tail = this.#tail.then(step).catch(this.#options.onError);
  }
}
