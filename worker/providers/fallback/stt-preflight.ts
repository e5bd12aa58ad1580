import { stt } from '@livekit/agents';

const { FINAL_TRANSCRIPT, INTERIM_TRANSCRIPT, PREFLIGHT_TRANSCRIPT } = stt.SpeechEventType;

/** A pause between two words is shorter, mostly; two windows of the voice detector. */
export const pauseMs = 64;

/**
 * Marks an interim transcript as one with which a reply may be begun: the caller has paused, and the recogniser has
 * heard the pause too. When the final transcript says the same, the reply is used; the framework throws it away
 * otherwise.
 */
export class Preflight {
  readonly #put: (event: stt.SpeechEvent) => void;
  #silenceMs = 0;
  /** Heard since the caller fell silent, and not passed on as a preflight yet. */
  #interim: stt.SpeechEvent | undefined;
  #marked = '';

  constructor(put: (event: stt.SpeechEvent) => void) {
    this.#put = put;
  }

  /** At each window of the voice detector. @param silenceMs unbroken silence up to now; 0 while there is voice */
  callerSilentFor(silenceMs: number): void {
    this.#silenceMs = silenceMs;
    if (silenceMs === 0) this.#interim = undefined;
    else if (silenceMs >= pauseMs && this.#interim) this.#mark(this.#interim);
  }

  /** An event of the recogniser, on its way to the session. */
  pass(event: stt.SpeechEvent): void {
    if (event.type === FINAL_TRANSCRIPT) this.#forget();
    if (event.type === INTERIM_TRANSCRIPT && this.#silenceMs >= pauseMs) this.#mark(event);
    else {
      if (event.type === INTERIM_TRANSCRIPT && this.#silenceMs > 0) this.#interim = event;
      this.#put(event);
    }
  }

  #mark(event: stt.SpeechEvent): void {
    this.#interim = undefined;
    const text = event.alternatives?.[0]?.text ?? '';
    if (text === this.#marked) return;
    this.#marked = text;
    this.#put({ ...event, type: PREFLIGHT_TRANSCRIPT });
  }

  #forget(): void {
    this.#interim = undefined;
    this.#marked = '';
  }
}
