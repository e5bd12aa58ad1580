/** One window of the detector's model. */
export const windowMs = 32;
const activation = 0.5;
const deactivation = 0.4;
/**
 * So likely is a voice in the window that it begins in: part of it is silence, and the first sound may be an unvoiced
 * one.
 */
const onset = 0.2;
/** Two windows: a click is one. */
const startAfterMs = 50;
/** The end-of-turn model is asked this early, and shown the silence that is still to come (patience.ts). */
export const predictAfterMs = 64;
/**
 * A window this quiet, and so much quieter than the caller's voice, is silence whatever the model says: on a quiet line
 * it takes 50 ms longer to notice that a voice has stopped. On a noisy one no window is that quiet.
 */
const quietDb = -60;
const belowVoiceDb = 20;
/** How fast the loudness of a voice is forgotten. */
const voiceFadesDbPerWindow = 0.2;

/** From here on the wait is the end-of-turn model's to decide. */
const endAfterMs = 96;

export interface SpeechWindow {
  readonly speaking: boolean;
  readonly started: boolean;
  readonly ended: boolean;
  /** A voice may have begun in this window: the next one says. */
  readonly mayBegin: boolean;
  /** Of the utterance so far, its short pauses included; of the one that just ended, without its last pause. */
  readonly speechMs: number;
  /** Unbroken, up to now. */
  readonly voiceRunMs: number;
  readonly silenceRunMs: number;
}

/** Who speaks when, from the probability of voice and the loudness of each window. */
export class SpeechState {
  #voiceDb = Number.NEGATIVE_INFINITY;
  #speaking = false;
  #mayBegin = false;
  #speechMs = 0;
  #voiceRunMs = 0;
  #silenceRunMs = 0;

  /** @param levelDb root mean square of the window, dB below full scale */
  push(probability: number, levelDb: number): SpeechWindow {
    const sounds = probability >= activation || (this.#speaking && probability > deactivation);
    const voiced = sounds && (levelDb > quietDb || levelDb > this.#voiceDb - belowVoiceDb);
    if (voiced) this.#voiceDb = Math.max(levelDb, this.#voiceDb - voiceFadesDbPerWindow);
    if (this.#speaking) this.#speechMs += windowMs;
    // The window before the first certain one counts when it was half certain: the voice began in it.
    const sinceOnset = this.#mayBegin ? 2 * windowMs : this.#voiceRunMs + windowMs;
    this.#voiceRunMs = voiced ? sinceOnset : 0;
    this.#mayBegin = !voiced && probability >= onset && levelDb > quietDb;
    this.#silenceRunMs = voiced ? 0 : this.#silenceRunMs + windowMs;
    const started = !this.#speaking && this.#voiceRunMs >= startAfterMs;
    const ended = this.#speaking && this.#silenceRunMs >= endAfterMs;
    if (started) this.#speechMs = this.#voiceRunMs;
    this.#speaking = started || (this.#speaking && !ended);
    const speechMs = ended ? Math.max(0, this.#speechMs - this.#silenceRunMs) : this.#speechMs;
    if (ended) this.#speechMs = 0;
    return {
      speaking: this.#speaking,
      started,
      ended,
      mayBegin: this.#mayBegin || this.#voiceRunMs > 0,
      speechMs,
      voiceRunMs: this.#voiceRunMs,
      silenceRunMs: this.#silenceRunMs,
    };
  }
}
