import { LiveLine } from './live-line.ts';

/** How much sound can wait for being written; more of it is lost, from the front. */
const capacityMs = 10_000;
/** What is younger may still change: frames on their way, speech that is cut off before it was heard. */
const settleMs = 1_000;

/**
 * Two channels on one clock: left what the caller said, right what the caller was talking to: the agent as it was
 * heard, and the person of a transfer. The agent's frames are queued ahead and thrown away when it is interrupted: each
 * is placed where the queue will play it, and `cut` takes back what had not been played. Pure; times in ms of one
 * monotonic clock.
 */
export class StereoTimeline {
  readonly #rate: number;
  readonly #startMs: number;
  readonly #capacity: number;
  readonly #caller: Int16Array;
  readonly #agent: Int16Array;
  readonly #callerLine: LiveLine;
  readonly #guests: { readonly ring: Int16Array; readonly line: LiveLine }[] = [];
  /** Positions in samples since the start: of the agent's queue, taken so far. */
  #agentEnd = 0;
  #taken = 0;

  constructor(rate: number, startMs: number) {
    this.#rate = rate;
    this.#startMs = startMs;
    this.#capacity = (rate * capacityMs) / 1_000;
    this.#caller = new Int16Array(this.#capacity);
    this.#agent = new Int16Array(this.#capacity);
    this.#callerLine = new LiveLine(rate);
  }

  /** @param fresh the first frame of a stream: what comes after a gap is placed by the clock. */
  caller(samples: Int16Array, nowMs: number, fresh = false): void {
    this.#live(this.#caller, this.#callerLine, samples, nowMs, fresh);
  }

  /** Somebody whom the caller is put through to; answers what takes their frames, as `caller` does the caller's. */
  guest(): (samples: Int16Array, nowMs: number, fresh?: boolean) => void {
    const [ring, line] = [new Int16Array(this.#capacity), new LiveLine(this.#rate)];
    this.#guests.push({ ring, line });
    return (samples, nowMs, fresh = false) => this.#live(ring, line, samples, nowMs, fresh);
  }

  /** A frame that the output queues now: it is played when everything before it has been. */
  agent(samples: Int16Array, nowMs: number): void {
    const at = Math.max(this.#agentEnd, this.#positionOf(nowMs));
    this.#write(this.#agent, at, samples);
    this.#agentEnd = at + samples.length;
  }

  /** Nothing of the agent's queue is left at this moment; true: the next frame does not continue the last one. */
  isAgentQuiet(nowMs: number): boolean {
    return this.#agentEnd < this.#positionOf(nowMs);
  }

  /** The output has thrown its queue away. */
  cut(nowMs: number): void {
    const now = Math.max(this.#positionOf(nowMs), this.#taken);
    for (let at = now; at < this.#agentEnd; at++) this.#agent[at % this.#capacity] = 0;
    this.#agentEnd = Math.min(this.#agentEnd, now);
  }

  /** Takes what is settled, left and right in turn; with `all`, up to this moment. Null: nothing yet. */
  take(nowMs: number, all = false): Int16Array | null {
    const now = this.#positionOf(nowMs);
    const until = all ? now : this.#settledUntil(now, nowMs);
    const from = this.#taken;
    if (until <= from) return null;
    const length = Math.min(until - from, this.#capacity);
    const taken = new Int16Array(length * 2);
    for (let index = 0, at = from % this.#capacity; index < length; index++) {
      taken[index * 2] = this.#caller[at] ?? 0;
      let right = this.#agent[at] ?? 0;
      for (const { ring } of this.#guests) {
        right = within16Bits(right + (ring[at] ?? 0));
        ring[at] = 0;
      }
      taken[index * 2 + 1] = right;
      this.#caller[at] = 0;
      this.#agent[at] = 0;
      if (++at === this.#capacity) at = 0;
    }
    this.#taken = from + length;
    return taken;
  }

  #settledUntil(now: number, nowMs: number): number {
    return Math.min(
      now - (this.#rate * settleMs) / 1_000,
      this.#callerLine.settledUntil(now, nowMs),
      ...this.#guests.map(({ line }) => line.settledUntil(now, nowMs)),
    );
  }

  #live(ring: Int16Array, line: LiveLine, samples: Int16Array, nowMs: number, fresh: boolean): void {
    const at = line.place(samples.length, { now: this.#positionOf(nowMs), nowMs, fresh });
    this.#write(ring, at, samples);
  }

  #write(ring: Int16Array, at: number, samples: Int16Array): void {
    const first = Math.max(at, this.#taken);
    const end = Math.min(at + samples.length, this.#taken + this.#capacity);
    for (let position = first; position < end; position++)
      ring[position % this.#capacity] = samples[position - at] ?? 0;
  }

  #positionOf(ms: number): number {
    return Math.round(((ms - this.#startMs) * this.#rate) / 1_000);
  }
}

const within16Bits = (sample: number): number => Math.max(-32_768, Math.min(32_767, sample));
