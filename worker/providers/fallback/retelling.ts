/**
 * What is new in a reply that is told for the second time. Models rarely say a thing twice in the same words; where the
 * second telling differs it is told from its beginning, after a word of excuse.
 */
export class Retelling {
  readonly #said: string;
  readonly #excuse: string;
  #pending = '';
  #caughtUp: boolean;

  constructor(said: string, excuse: string) {
    this.#said = said;
    this.#excuse = excuse;
    this.#caughtUp = said.trim() === '';
  }

  /** The part of `text` that is to be said; empty while it only repeats. */
  push(text: string): string {
    if (this.#caughtUp) return text;
    this.#pending += text;
    if (this.#said.startsWith(this.#pending)) return '';
    this.#caughtUp = true;
    if (this.#pending.startsWith(this.#said)) return this.#pending.slice(this.#said.length);
    return ` ${this.#excuse} ${this.#pending}`;
  }
}
