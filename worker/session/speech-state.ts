/** One window of the detector's model. */
export const windowMs = 32;
const activation = 0.5;
const deactivation = 0.4;
/** Two windows: a click is one. */
const startAfterMs = 50;
/** The end-of-turn model is asked this early, and shown the silence that is still to come (patience.ts). */
export const predictAfterMs = 64;
/** From here on the wait is the end-of-turn model's to decide. */
const endAfterMs = 96;

export interface SpeechWindow {
  readonly speaking: boolean;
  readonly started: boolean;
  readonly ended: boolean;
  /** Of the utterance so far, its short pauses included; of the one that just ended, without its last pause. */
  readonly speechMs: number;
  /** Unbroken, up to now. */
  readonly voiceRunMs: number;
  readonly silenceRunMs: number;
}

/** Who speaks when, from the probability of voice in each window. */
export class SpeechState {
  #speaking = false;
  #speechMs = 0;
  #voiceRunMs = 0;
  #silenceRunMs = 0;

  push(probability: number): SpeechWindow {
    const voiced = probability >= activation || (this.#speaking && probability > deactivation);
    if (this.#speaking) this.#speechMs += windowMs;
    this.#voiceRunMs = voiced ? this.#voiceRunMs + windowMs : 0;
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
      speechMs,
      voiceRunMs: this.#voiceRunMs,
      silenceRunMs: this.#silenceRunMs,
    };
  }
}
