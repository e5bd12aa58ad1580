import type { Encoding } from '../../audio/encoding.ts';
import type { Synthesizer } from '../../engines/synthesizer.ts';
import { splitSentences } from '../../text/split-clauses.ts';
import { type Alignment, alignClause, shiftAlignment } from './alignment.ts';
import type { OutputFormat } from './output-format.ts';

export interface SpokenChunk {
  readonly audio: Buffer;
  /** Null where only the end of the encoding is left, which no character belongs to. */
  readonly alignment: Alignment | null;
}

interface SpeechContextOptions {
  readonly synthesizer: Synthesizer;
  readonly format: OutputFormat;
  readonly speed: number;
  readonly lane: string;
  readonly onChunk: (chunk: SpokenChunk) => void;
  readonly onFinal: () => void;
  readonly onError: (error: unknown) => void;
}

/** One utterance of a multi-context socket: text in pieces, audio out in order. */
export class SpeechContext {
  readonly #options: SpeechContextOptions;
  readonly #abort = new AbortController();
  #text = '';
  #spokenMs = 0;
  #characters = 0;
  #hasSpoken = false;
  #encoding: Promise<Encoding> | undefined;
  #tail: Promise<void> = Promise.resolve();
  #closing = false;

  constructor(options: SpeechContextOptions) {
    this.#options = options;
  }

  /** Characters given so far. */
  get characters(): number {
    return this.#characters;
  }

  get isClosing(): boolean {
    return this.#closing;
  }

  /** A sentence is spoken as soon as it is whole (what the vendor calls auto mode), the rest on `flush`. */
  add(text: string, { flush }: { flush: boolean }): void {
    if (this.#closing) return;
    this.#characters += text.length;
    // Clients open a context with a space.
    this.#text = this.#hasSpoken ? this.#text + text : (this.#text + text).trimStart();
    if (flush) {
      this.#speak(this.#take(this.#text.length));
      return;
    }
    const sentences = splitSentences(this.#text);
    // The last one may still be growing.
    const whole = sentences.slice(0, -1).join('');
    if (whole !== '') this.#speak(this.#take(whole.length));
  }

  /** Speaks what is left and then says that this was all. */
  close(): void {
    if (this.#closing) return;
    this.add('', { flush: true });
    this.#closing = true;
    this.#tail = this.#tail.then(async () => {
      const rest = (await this.#encoding)?.finish();
      if (this.#abort.signal.aborted) return;
      if (rest && rest.length > 0) this.#options.onChunk({ audio: rest, alignment: null });
      this.#options.onFinal();
    });
  }

  abort(): void {
    this.#closing = true;
    this.#abort.abort(new Error('The context is closed.'));
  }

  #take(length: number): string {
    const taken = this.#text.slice(0, length);
    this.#text = this.#text.slice(length);
    return taken;
  }

  #speak(text: string): void {
    if (text.trim() === '') return;
    const first = !this.#hasSpoken;
    this.#hasSpoken = true;
    this.#tail = this.#tail.then(() => this.#render(text, first)).catch(this.#options.onError);
  }

  async #render(text: string, first: boolean): Promise<void> {
    const { synthesizer, format, speed, lane, onChunk } = this.#options;
    this.#encoding ??= format.begin();
    const encoding = await this.#encoding;
    for await (const clause of synthesizer.speak({ text, speed, lane, first, signal: this.#abort.signal })) {
      if (this.#abort.signal.aborted) return;
      const alignment = shiftAlignment(alignClause(clause, synthesizer.sampleRate), this.#spokenMs);
      this.#spokenMs += (clause.samples.length / synthesizer.sampleRate) * 1_000;
      if (clause.samples.length > 0)
        onChunk({ audio: encoding.encode(clause.samples, synthesizer.sampleRate), alignment });
    }
  }
}
