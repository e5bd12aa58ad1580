/** A text as it comes in, for any number of readers, each from a place of its own. */
export class Script {
  #text = '';
  #ended = false;
  #wake: (() => void)[] = [];

  get text(): string {
    return this.#text;
  }

  get ended(): boolean {
    return this.#ended;
  }

  push(text: string): void {
    this.#text += text;
    this.#tell();
  }

  end(): void {
    this.#ended = true;
    this.#tell();
  }

  /** Everything from `at` on, until the text has ended. */
  async *from(at: number, signal: AbortSignal): AsyncGenerator<string> {
    const stop = () => this.#tell();
    signal.addEventListener('abort', stop, { once: true });
    try {
      for (let read = at; !signal.aborted; ) {
        if (read < this.#text.length) {
          const piece = this.#text.slice(read);
          read = this.#text.length;
          yield piece;
        } else if (this.#ended) return;
        else await new Promise<void>((resolve) => this.#wake.push(resolve));
      }
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }

  #tell(): void {
    for (const wake of this.#wake.splice(0)) wake();
  }
}

/** A calm voice. */
const charactersPerSecond = 14;

/**
 * Where to go on after speech broke off. With the words that the provider says it has spoken: behind the last of them.
 * Without, or when they are not the words that it was given (it spells numbers out): at the beginning of the sentence
 * that was probably being spoken, because to hear a few words twice is better than to miss one. Pure.
 */
export function resumeAt(text: string, spokenWords: string, spokenSeconds: number): number {
  const lead = text.length - text.trimStart().length;
  const spoken = spokenWords.trim();
  if (spoken !== '' && text.slice(lead).startsWith(spoken)) return lead + spoken.length;
  if (spokenSeconds === 0) return 0;
  const about = Math.min(text.length, spoken === '' ? spokenSeconds * charactersPerSecond : spoken.length);
  let at = 0;
  for (const { index, 0: end } of text.matchAll(/[.!?…]+["”»)]*\s+/gu)) {
    if (index + end.length > about) break;
    at = index + end.length;
  }
  return at;
}

/** Whether a synthesiser that waits for whole sentences has got one. Pure. */
export const isSpeakable = (text: string, ended: boolean): boolean =>
  hasWords(text) && (ended || /^.{20,}?[.!?…]["”»)]*\s.{12}/su.test(text));

export const hasWords = (text: string): boolean => /\p{L}|\p{N}/u.test(text);
