import { stt } from '@livekit/agents';
import { withResolvers } from '../../../platform/with-resolvers.ts';
import { spareTime } from '../../spare-time.ts';
import { type Chain, paidModelOf, payeeOf } from './chain.ts';
import { Listening, type ListeningHooks } from './stt-listening.ts';
import { Preflight, pauseMs } from './stt-preflight.ts';

/**
 * A recogniser that stands for several. LiveKit's own FallbackAdapter believes a plugin whose socket is gone, and loses
 * what was said meanwhile; here somebody who speaks and is not understood is heard again by a new connection.
 */
export class FallbackStt extends stt.STT {
  override label = 'trunkline.FallbackStt';
  readonly #chain: Chain<stt.STT>;
  readonly #hooks: ListeningHooks;
  readonly #listens = withResolvers<void>();
  readonly #streams = new Set<FallbackStream>();

  constructor(chain: Chain<stt.STT>, hooks: ListeningHooks) {
    super({ streaming: true, interimResults: true, alignedTranscript: false });
    this.#chain = chain;
    this.#hooks = hooks;
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

  /** Resolves when a recogniser is connected for the first time; never, when none can be. */
  get listens(): Promise<void> {
    return this.#listens.promise;
  }

  /** To be told by the voice detector when the caller begins and ends to speak. */
  callerSpeaks(speaks: boolean): void {
    for (const { listening } of this.#streams) listening.callerSpeaks(speaks);
  }

  /** To be told at each window of the voice detector. @param silenceMs unbroken silence; 0 while there is voice */
  callerSilentFor(silenceMs: number): void {
    for (const { listening, preflight } of this.#streams) {
      preflight.callerSilentFor(silenceMs);
      if (silenceMs === pauseMs && spareTime.isThere) listening.hurry();
    }
  }

  /** Asks for the final transcript of what was said, now. */
  finalize(): void {
    for (const { listening } of this.#streams) listening.finalize();
  }

  override stream(): stt.SpeechStream {
    const listening = new Listening(this.#chain, this.#hooks, () => this.#listens.resolve());
    const stream = new FallbackStream(this, listening, () => this.#streams.delete(stream));
    this.#streams.add(stream);
    return stream;
  }

  protected override async _recognize(): Promise<stt.SpeechEvent> {
    throw new Error('Only streams are recognised.');
  }
}

class FallbackStream extends stt.SpeechStream {
  override label = 'trunkline.FallbackStream';
  readonly listening: Listening;
  readonly preflight = new Preflight((event) => {
    if (!this.queue.closed) this.queue.put(event);
  });
  readonly #onEnd: () => void;

  constructor(owner: FallbackStt, listening: Listening, onEnd: () => void) {
    super(owner, undefined, { maxRetry: 0, retryIntervalMs: 0, timeoutMs: 60_000 });
    this.listening = listening;
    this.#onEnd = onEnd;
  }

  protected override async run(): Promise<void> {
    this.listening.start((event) => this.preflight.pass(event));
    try {
      for await (const item of this.input) {
        if (typeof item === 'symbol') this.listening.flush();
        else this.listening.hear(item);
      }
    } finally {
      this.#onEnd();
      this.listening.stop();
    }
  }

  override close(): void {
    this.#onEnd();
    this.listening.stop();
    super.close();
  }
}
