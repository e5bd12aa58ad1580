const caller = 0;
const agent = 1;
type Channel = typeof caller | typeof agent;

/** How much sound can wait for being written; more of it is lost, from the front. */
const capacityMs = 10_000;
/** What is younger may still change: frames on their way, speech that is cut off before it was heard. */
const settleMs = 1_000;
/** A caller's stream that is silent for longer is not waited for. */
const streamLossMs = 5_000;
/** The caller's frames are laid end to end; beyond this the clock of the line is put right by the clock of the machine. */
const lateMs = 100;
const earlyMs = 60;
const driftWindowMs = 3_000;

/**
 * Two channels on one clock: what the caller said, and what the agent was heard to say. Caller's frames come one after
 * the other; a busy process sees them in bursts, so they are laid end to end and only a lasting lag is corrected. The
 * agent's frames are queued ahead and thrown away when it is interrupted: each is placed where the queue will play it,
 * and `cut` takes back what had not been played. Pure; times in ms of one monotonic clock.
 */
export class StereoTimeline {
  readonly #rate: number;
  readonly #startMs: number;
  readonly #capacity: number;
  readonly #rings: readonly [Int16Array, Int16Array];
  /** Positions in samples since the start: written so far, taken so far. */
  readonly #ends: [number, number] = [Number.NEGATIVE_INFINITY, 0];
  #taken = 0;
  #callerSeenMs = Number.NEGATIVE_INFINITY;
  #leastLag = Number.POSITIVE_INFINITY;
  #windowEndsMs = 0;

  constructor(rate: number, startMs: number) {
    this.#rate = rate;
    this.#startMs = startMs;
    this.#capacity = (rate * capacityMs) / 1_000;
    this.#rings = [new Int16Array(this.#capacity), new Int16Array(this.#capacity)];
  }

  /** @param fresh the first frame of a stream: what comes after a gap is placed by the clock. */
  caller(samples: Int16Array, nowMs: number, fresh = false): void {
    const now = this.#positionOf(nowMs);
    const idle = nowMs - this.#callerSeenMs > streamLossMs;
    if (fresh || idle) {
      this.#ends[caller] = Math.max(this.#ends[caller], now - samples.length);
      this.#resetDrift(nowMs);
    }
    this.#callerSeenMs = nowMs;
    this.#ends[caller] = this.#write(caller, this.#ends[caller], samples);
    this.#leastLag = Math.min(this.#leastLag, now - this.#ends[caller]);
    if (nowMs >= this.#windowEndsMs) this.#correctDrift(nowMs);
  }

  /** A frame that the output queues now: it is played when everything before it has been. */
  agent(samples: Int16Array, nowMs: number): void {
    const at = Math.max(this.#ends[agent], this.#positionOf(nowMs));
    this.#ends[agent] = this.#write(agent, at, samples);
  }

  /** Nothing of the agent's queue is left at this moment; true: the next frame does not continue the last one. */
  isAgentQuiet(nowMs: number): boolean {
    return this.#ends[agent] < this.#positionOf(nowMs);
  }

  /** The output has thrown its queue away. */
  cut(nowMs: number): void {
    const now = Math.max(this.#positionOf(nowMs), this.#taken);
    for (let at = now; at < this.#ends[agent]; at++) this.#rings[agent][at % this.#capacity] = 0;
    this.#ends[agent] = Math.min(this.#ends[agent], now);
  }

  /** Takes what is settled, left and right in turn; with `all`, up to this moment. Null: nothing yet. */
  take(nowMs: number, all = false): Int16Array | null {
    const now = this.#positionOf(nowMs);
    const until = all ? now : Math.min(now - this.#samples(settleMs), this.#callerLimit(nowMs, now));
    const from = this.#taken;
    if (until <= from) return null;
    const length = Math.min(until - from, this.#capacity);
    const taken = new Int16Array(length * 2);
    const [left, right] = this.#rings;
    for (let index = 0, at = from % this.#capacity; index < length; index++) {
      taken[index * 2] = left[at] ?? 0;
      taken[index * 2 + 1] = right[at] ?? 0;
      left[at] = 0;
      right[at] = 0;
      if (++at === this.#capacity) at = 0;
    }
    this.#taken = from + length;
    return taken;
  }

  /** Frames of a process that was held up are still to come; a stream that has ended is not waited for. */
  #callerLimit(nowMs: number, now: number): number {
    if (nowMs - this.#callerSeenMs > streamLossMs) return now;
    return Math.max(this.#ends[caller], now - this.#samples(streamLossMs));
  }

  #write(channel: Channel, at: number, samples: Int16Array): number {
    const first = Math.max(at, this.#taken);
    const end = Math.min(at + samples.length, this.#taken + this.#capacity);
    const ring = this.#rings[channel];
    for (let position = first; position < end; position++)
      ring[position % this.#capacity] = samples[position - at] ?? 0;
    return at + samples.length;
  }

  #correctDrift(nowMs: number): void {
    const lag = this.#leastLag;
    if (lag > this.#samples(lateMs) || lag < -this.#samples(earlyMs)) this.#ends[caller] += lag;
    this.#resetDrift(nowMs);
  }

  #resetDrift(nowMs: number): void {
    this.#leastLag = Number.POSITIVE_INFINITY;
    this.#windowEndsMs = nowMs + driftWindowMs;
  }

  #positionOf(ms: number): number {
    return Math.round(((ms - this.#startMs) * this.#rate) / 1_000);
  }

  #samples(ms: number): number {
    return (this.#rate * ms) / 1_000;
  }
}
