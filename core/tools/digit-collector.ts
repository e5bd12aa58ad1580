import { withResolvers } from '../../platform/with-resolvers.ts';
import { spokenDigits } from './spoken-digits.ts';

/** Nobody types a longer number on purpose. */
export const mostDigits = 40;

interface Options {
  readonly length?: number;
  readonly terminator: string;
  /** From `start` on, without a digit. */
  readonly timeoutMs: number;
  /** Silence that ends a number whose length nobody knows. */
  readonly pauseMs?: number;
}

export interface CollectedDigits {
  readonly digits: string;
  readonly ended: 'complete' | 'terminator' | 'pause' | 'timeout' | 'said_something_else' | 'over';
  /** What was said that holds no digit. */
  readonly said?: string;
}

/** Puts a number together from keys and words. Keys may come before `start`: people type while they are still asked. */
export class DigitCollector {
  readonly result: Promise<CollectedDigits>;
  readonly #options: Options;
  readonly #resolve: (collected: CollectedDigits) => void;
  #digits = '';
  #started = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: Options) {
    this.#options = options;
    const { promise, resolve } = withResolvers<CollectedDigits>();
    this.result = promise;
    this.#resolve = resolve;
  }

  /** The question has been asked. */
  start(): void {
    this.#started = true;
    this.#wait();
  }

  key(key: string): void {
    if (key === this.#options.terminator) this.#end('terminator');
    else this.#add(key);
  }

  words(transcript: string): void {
    const found = spokenDigits(transcript);
    const at = found.indexOf(this.#options.terminator);
    if (found === '' && this.#digits === '' && this.#started && transcript.trim() !== '')
      this.#end('said_something_else', transcript.trim());
    else if (at >= 0) {
      this.#add(found.slice(0, at));
      this.#end('terminator');
    } else if (found !== '') this.#add(found);
  }

  /** Whoever is in the middle of saying a number is not cut off. */
  speaking(isSpeaking: boolean): void {
    if (isSpeaking) clearTimeout(this.#timer);
    else if (this.#started) this.#wait();
  }

  stop(): void {
    this.#end('over');
  }

  #add(digits: string): void {
    this.#digits += digits;
    const { length = mostDigits } = this.#options;
    if (this.#digits.length >= length) {
      this.#digits = this.#digits.slice(0, length);
      this.#end('complete');
    } else if (this.#started) this.#wait();
  }

  #wait(): void {
    clearTimeout(this.#timer);
    const { timeoutMs, pauseMs = 3_000, length } = this.#options;
    const some = this.#digits !== '';
    // A number of a known length is waited for longer: the rest is still being looked up.
    const forMs = some && length === undefined ? pauseMs : timeoutMs;
    this.#timer = setTimeout(() => this.#end(some && length === undefined ? 'pause' : 'timeout'), forMs);
  }

  /** The first end counts. */
  #end(ended: CollectedDigits['ended'], said?: string): void {
    clearTimeout(this.#timer);
    this.#resolve({ digits: this.#digits, ended, ...(said === undefined ? {} : { said }) });
  }
}
