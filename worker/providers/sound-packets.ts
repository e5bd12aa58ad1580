import { joinSamples } from '../join-samples.ts';
import { levelDb } from '../level.ts';

/** A line quieter than this says nothing that anybody is in a hurry to hear. */
const quietDb = -50;
/** How long it has to be so quiet: whoever has just stopped speaking is waited for. */
const afterMs = 1_000;
const packetMs = 200;

/**
 * Sound on its way to a recogniser: every piece by itself while somebody may be speaking, 200 ms at a time on a quiet
 * line. All of it goes, in order; what is held goes along with the first piece that is louder. Pure.
 */
export class SoundPackets {
  readonly #samplesPerMs: number;
  #held: Int16Array[] = [];
  #heldMs = 0;
  #quietMs = 0;

  constructor(sampleRate: number) {
    this.#samplesPerMs = sampleRate / 1_000;
  }

  /** What is to be sent now. */
  push(samples: Int16Array): Int16Array | undefined {
    const ms = samples.length / this.#samplesPerMs;
    this.#quietMs = levelDb(samples) < quietDb ? this.#quietMs + ms : 0;
    this.#held.push(samples);
    this.#heldMs += ms;
    return this.#quietMs > afterMs && this.#heldMs < packetMs ? undefined : this.take();
  }

  /** Everything that is held. */
  take(): Int16Array | undefined {
    const held = this.#held;
    this.#held = [];
    this.#heldMs = 0;
    return held.length < 2 ? held[0] : joinSamples(held);
  }
}
