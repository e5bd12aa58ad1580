/** Between the beep and the recording. */
const afterBeepMs = 250;
/** Mailboxes take up to two seconds between the last word and the beep; one without a beep is as silent for longer. */
const silenceMs = 3_000;
/** A greeting that goes on for longer is talked over. */
const longestMs = 60_000;

/** When a machine has said its greeting and listens: after its beep, or when it has been silent. Pure; ms. */
export class GreetingEnd {
  #speaking = false;
  #quietSince: number | undefined;
  #beeping = false;
  #beepEndedAt: number | undefined;

  voice(active: boolean, at: number): void {
    this.#speaking = active;
    if (active) {
      this.#quietSince = undefined;
      // Whoever talks on after a tone was not done: it was a tone of the network, or of a menu.
      this.#beepEndedAt = undefined;
    } else this.#quietSince = at;
  }

  tone(active: boolean, at: number): void {
    this.#beeping = active;
    if (!active) this.#beepEndedAt = at;
  }

  /** How long nobody has spoken. */
  quietFor(now: number): number {
    return this.#speaking ? 0 : now - (this.#quietSince ?? now);
  }

  /** How one knows, in words; undefined: it is not over. */
  ask(now: number): string | undefined {
    if (this.#beeping) return undefined;
    if (this.#beepEndedAt !== undefined && now - this.#beepEndedAt >= afterBeepMs) return 'after the beep';
    if (now >= longestMs) return 'although the greeting had no end';
    if (this.#speaking) return undefined;
    const quietSince = Math.max(this.#quietSince ?? 0, this.#beepEndedAt ?? 0);
    return now - quietSince >= silenceMs ? 'after the greeting' : undefined;
  }
}
