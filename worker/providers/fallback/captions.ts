import { createTimedString, type TimedString, type tts } from '@livekit/agents';
import { hasWords, type Script } from './script.ts';

/** A voice that said it times its words, and does not for so long, is taken for one that never will. */
const patienceSeconds = 2;

/** The framework's adapter for a voice that takes whole sentences says which sentence is heard. */
export const timesWords = ({ streaming, alignedTranscript }: tts.TTSCapabilities): boolean =>
  streaming ? (alignedTranscript ?? false) : true;

/**
 * The words that go with the sound of an utterance: those that its voice times, or else the script itself; never both,
 * or the transcript says everything twice. A voice that times its words keeps the last one of each message back until
 * it knows the next, so that sound without words does not mean that none will come.
 */
export class Captions {
  readonly #script: Script;
  readonly #needed: boolean;
  /** Up to here the words of the script have been given out. */
  #upTo = 0;
  #own = false;
  #timed = false;
  #wordlessSeconds = 0;

  /** @param needed whoever hears takes the words from the sound alone */
  constructor(script: Script, needed: boolean) {
    this.#script = script;
    this.#needed = needed;
  }

  /** A voice begins at a place of the script. */
  begin(at: number, { times }: { readonly times: boolean }): void {
    if (this.#timed) this.#upTo = Math.max(this.#upTo, at);
    this.#own = !times || this.#upTo !== at;
    this.#timed = false;
    this.#wordlessSeconds = 0;
  }

  /** The words to go with a frame; `words` are those that came with it, `startTime` is where it begins, in seconds. */
  of(words: readonly TimedString[], seconds: number, startTime: number): readonly TimedString[] {
    if (!this.#needed) return words;
    if (!this.#own && words.length > 0) this.#timed = true;
    this.#wordlessSeconds = words.length > 0 ? 0 : this.#wordlessSeconds + seconds;
    if (!this.#timed && this.#wordlessSeconds >= patienceSeconds) this.#own = true;
    return this.#own ? this.#rest(startTime) : words;
  }

  /** The voice has said everything: words that no frame took along. */
  owed(startTime: number): readonly TimedString[] {
    return this.#needed && !this.#timed ? this.#rest(startTime) : [];
  }

  #rest(startTime: number): TimedString[] {
    const text = this.#script.text.slice(this.#upTo);
    this.#upTo = this.#script.text.length;
    return hasWords(text) ? [createTimedString({ text, startTime })] : [];
  }
}
