import { llm } from '@livekit/agents';
import { messageOf } from '../../message-of.ts';
import type { Member } from './chain.ts';

type Step = { readonly done: true } | { readonly done: false; readonly chunk: llm.ChatChunk };

/** Providers that send the count of tokens at the end of every reply; one that comes without was cut off. */
const countsTokens = new WeakSet<Member<llm.LLM>>();

/** One request to one provider. It has a plugin of its own, so that errors are known to be its. */
export class Attempt {
  readonly member: Member<llm.LLM>;
  readonly #model: llm.LLM;
  readonly #stream: llm.LLMStream;
  readonly #early: llm.ChatChunk[] = [];
  #pending: Promise<Step> | undefined;
  #begun: Promise<Attempt> | undefined;
  #error: unknown;
  #over = false;
  #chunks = 0;
  #counted = false;
  #writtenAt = 0;
  #startWriting: () => void = () => undefined;
  readonly #writing = new Promise<void>((resolve) => {
    this.#startWriting = resolve;
  });
  readonly #mayBeSilent: () => boolean;
  hasAnswer = false;

  /** @param mayBeSilent whether to say nothing is an answer */
  constructor(
    member: Member<llm.LLM>,
    request: Parameters<llm.LLM['chat']>[0],
    mayBeSilent: () => boolean = () => false,
  ) {
    this.member = member;
    this.#mayBeSilent = mayBeSilent;
    this.#model = member.make(() => {
      this.#writtenAt = Date.now();
      this.#startWriting();
    });
    this.#model.on('error', ({ error }) => {
      this.#error ??= error;
    });
    this.#stream = this.#model.chat({
      ...request,
      connOptions: { maxRetry: 0, retryIntervalMs: 0, timeoutMs: 10_000 },
    });
  }

  /** Settles with this attempt when it has begun to answer (also with what it does not hand out yet), or is over. */
  begun(): Promise<Attempt> {
    this.#begun ??= this.#begin();
    return this.#begun;
  }

  /** Why it is over before its end. */
  get failure(): string | undefined {
    if (this.#error !== undefined) return messageOf(this.#error);
    if (!this.#over) return undefined;
    if (this.#chunks === 0 && !this.#mayBeSilent()) return 'The language model ended without an answer.';
    if (!this.#counted && this.hasAnswer && countsTokens.has(this.member))
      return 'The reply of the language model was cut off.';
    return undefined;
  }

  /** Whether it has written something within the last `ms` that it has not handed out yet. */
  wroteWithin(ms: number): boolean {
    return Date.now() - this.#writtenAt < ms;
  }

  /** The next chunk; the same one until `consume`. Never rejects. */
  next(): Promise<Step> {
    const early = this.#early[0];
    if (early) return Promise.resolve({ done: false, chunk: early });
    this.#pending ??= this.#read();
    return this.#pending;
  }

  consume(): void {
    if (this.#early.shift() === undefined) this.#pending = undefined;
  }

  close(): void {
    this.#stream.close();
    void this.#model.aclose().catch(() => undefined);
  }

  async #begin(): Promise<Attempt> {
    for (;;) {
      this.#pending ??= this.#read();
      const step = await Promise.race([this.#pending, this.#writing]);
      if (!step) {
        this.hasAnswer = true;
        return this;
      }
      if (step.done) return this;
      this.#pending = undefined;
      this.#early.push(step.chunk);
      if (llm.hasResponse(step.chunk)) {
        this.hasAnswer = true;
        return this;
      }
    }
  }

  async #read(): Promise<Step> {
    try {
      const { done, value } = await this.#stream.next();
      if (done) {
        this.#over = true;
        return { done: true };
      }
      this.#chunks++;
      if (value.usage) {
        this.#counted = true;
        countsTokens.add(this.member);
      }
      return { done: false, chunk: value };
    } catch (error) {
      this.#error ??= error;
      this.#over = true;
      return { done: true };
    }
  }
}
