import { llm } from '@livekit/agents';
import { type Chain, paidModelOf, payeeOf } from './chain.ts';
import { Reply, type ReplyTiming, replyTiming } from './llm-reply.ts';

type Request = Parameters<llm.LLM['chat']>[0];

interface Options {
  /** Said when a reply broke off and its second telling is another one. */
  readonly restartText: string;
  /** To say nothing is an answer now. Left out: it never is. */
  readonly mayBeSilent?: (() => boolean) | undefined;
  readonly timing?: Partial<ReplyTiming>;
}

/**
 * A language model that stands for several. LiveKit's own FallbackAdapter gives up once a word is out, waits for a
 * provider that stalls, and asks paid providers for health; here a silent one is overtaken and a broken reply is taken
 * up.
 */
export class FallbackLlm extends llm.LLM {
  readonly #chain: Chain<llm.LLM>;
  readonly #options: Options;
  /** For names and warm connections; requests have plugins of their own. */
  readonly #first: llm.LLM;

  constructor(chain: Chain<llm.LLM>, options: Options) {
    super();
    this.#chain = chain;
    this.#options = options;
    this.#first = chain.current.make();
    this.#first.on('error', () => undefined);
  }

  override label(): string {
    return 'trunkline.FallbackLlm';
  }

  /** Model and provider as the work is counted. */
  override get model(): string {
    return paidModelOf(this.#chain.current);
  }

  override get provider(): string {
    return payeeOf(this.#chain.current);
  }

  /** Who does the work, as the definition names providers. */
  get vendor(): string {
    return this.#chain.current.provider;
  }

  override chat(request: Request): llm.LLMStream {
    const reply = new Reply(this.#chain, request, {
      restartText: this.#options.restartText,
      mayBeSilent: this.#options.mayBeSilent,
      timing: { ...replyTiming, ...this.#options.timing },
    });
    return new FallbackStream(this, reply, request);
  }

  override prewarm(): void {
    this.#first.prewarm();
  }

  override async aclose(): Promise<void> {
    await super.aclose();
    await this.#first.aclose();
  }
}

class FallbackStream extends llm.LLMStream {
  readonly #reply: Reply;

  constructor(owner: llm.LLM, reply: Reply, { chatCtx, toolCtx }: Request) {
    super(owner, {
      chatCtx,
      ...(toolCtx === undefined ? {} : { toolCtx }),
      connOptions: { maxRetry: 0, retryIntervalMs: 0, timeoutMs: 60_000 },
    });
    this.#reply = reply;
  }

  protected override async run(): Promise<void> {
    for await (const chunk of this.#reply.chunks(this.abortController.signal)) {
      if (this.queue.closed) return;
      this.queue.put(chunk);
    }
  }
}
