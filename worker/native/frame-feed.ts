import { nativeBindings } from './bindings.ts';
import { forgetReceipt, newReceiptId, receiptOf } from './receipts.ts';

/**
 * Feeds one native audio source with mono frames of always the same size. rtc-node's `captureFrame` builds, encodes and
 * decodes five objects for each of a hundred frames a second, a third of what a host did while nobody spoke. Here the
 * memory stays where it is and the request is written once, so that a frame is a copy and one call.
 */
export class FrameFeed {
  readonly #native = nativeBindings();
  readonly #receipt = newReceiptId();
  readonly #speech: Int16Array;
  readonly #speechRequest: Uint8Array;
  /** Memory that stays zero, and is held for as long as the feed. */
  readonly #silence: Int16Array;
  readonly #silenceRequest: Uint8Array;

  constructor({ sourceHandle, sampleRate, frameSamples }: FeedOptions) {
    this.#speech = new Int16Array(new ArrayBuffer(frameSamples * 2));
    this.#silence = new Int16Array(new ArrayBuffer(frameSamples * 2));
    const request = (frame: Int16Array) =>
      new this.#native.FfiRequest({
        message: {
          case: 'captureAudioFrame',
          value: {
            sourceHandle,
            buffer: {
              dataPtr: this.#native.livekitRetrievePtr(new Uint8Array(frame.buffer)),
              numChannels: 1,
              sampleRate,
              samplesPerChannel: frameSamples,
            },
            requestAsyncId: BigInt(this.#receipt),
          },
        },
      }).toBinary();
    this.#speechRequest = request(this.#speech);
    this.#silenceRequest = request(this.#silence);
  }

  /** Sends one frame, `undefined` for silence; resolves when it was taken. One at a time. */
  async send(samples: Int16Array | undefined): Promise<void> {
    if (samples) this.#speech.set(samples);
    const taken = receiptOf(this.#receipt);
    // The native side has copied the sound when this returns.
    this.#native.livekitFfiRequest(samples ? this.#speechRequest : this.#silenceRequest);
    await taken;
  }

  close(): void {
    forgetReceipt(this.#receipt);
  }
}

interface FeedOptions {
  readonly sourceHandle: bigint;
  /** Samples per second. */
  readonly sampleRate: number;
  readonly frameSamples: number;
}
