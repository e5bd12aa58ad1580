import { inference, stt } from '@livekit/agents';
import { AudioFrame } from '@livekit/rtc-node';
import { messageOf } from '../../message-of.ts';
import { GatewayStt } from '../gateway-stt.ts';
import type { Member } from './chain.ts';

interface EarHooks {
  /** The connection stands. */
  readonly onListening: () => void;
  readonly onEvent: (ear: Ear, event: stt.SpeechEvent) => void;
  /** The connection ended, and not because we closed it. */
  readonly onEnd: (ear: Ear, reason: string) => void;
}

/** What plugins send at once; less of it waits until it is so much. */
const packetMs = 100;
/** The rate of what the caller says. */
const sampleRate = 16_000;

/** One connection to one recogniser. */
export class Ear {
  readonly member: Member<stt.STT>;
  readonly openedAt = Date.now();
  readonly #plugin: stt.STT;
  readonly #stream: stt.SpeechStream;
  #closed = false;
  #error: unknown;

  constructor(member: Member<stt.STT>, hooks: EarHooks) {
    this.member = member;
    this.#plugin = member.make();
    this.#plugin.on('error', ({ error }) => {
      this.#error = error;
    });
    const recogniser = this.#plugin.capabilities.streaming
      ? this.#plugin
      : new stt.StreamAdapter(this.#plugin, new inference.VAD({ model: 'silero' }));
    recogniser.on('error', () => undefined);
    this.#stream = recogniser.stream({ connOptions: { maxRetry: 0, retryIntervalMs: 0, timeoutMs: 5_000 } });
    onFirstRead(this.#stream, () => this.#closed || hooks.onListening());
    void this.#listen(hooks);
  }

  feed(frame: AudioFrame): void {
    if (this.#closed) return;
    try {
      this.#stream.pushFrame(frame);
    } catch {
      // Its end is reported where it is read.
    }
  }

  /**
   * The caller has paused: what was said leaves at once instead of with a full packet, and the recogniser's own wait
   * begins with so much silence. When the caller goes on, the pause was that much longer to the recogniser. The
   * gateway is sent everything at once anyhow.
   */
  hurry(): void {
    if (!this.#plugin.capabilities.streaming || this.#plugin instanceof GatewayStt) return;
    const samples = (sampleRate * packetMs) / 1_000;
    this.feed(new AudioFrame(new Int16Array(samples), sampleRate, 1, samples));
  }

  /** Asks for the rest of what it has heard. */
  flush(): void {
    if (this.#closed) return;
    try {
      this.#stream.flush();
    } catch {
      // As above.
    }
  }

  /**
   * As `flush`, from a recogniser that follows a stream; one that is given whole utterances has its own end of them.
   */
  finalize(): void {
    if (this.#plugin.capabilities.streaming) this.flush();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#stream.close();
    void this.#plugin.close().catch(() => undefined);
  }

  async #listen({ onEvent, onEnd }: EarHooks): Promise<void> {
    try {
      for await (const event of this.#stream) if (!this.#closed) onEvent(this, event);
    } catch (error) {
      this.#error ??= error;
    }
    if (this.#closed) return;
    this.close();
    onEnd(this, this.#error === undefined ? 'The recogniser hung up.' : messageOf(this.#error));
  }
}

/** Plugins do not say that they are connected; but they take no sound before they are. */
function onFirstRead(stream: stt.SpeechStream, then: () => unknown): void {
  const { input } = stream as unknown as { input: { next: (...options: unknown[]) => Promise<unknown> } };
  const next = input.next.bind(input);
  let isFirst = true;
  input.next = (...options) => {
    if (isFirst) then();
    isFirst = false;
    return next(...options);
  };
}
