/** A stream that is silent for longer is not waited for. */
const lossMs = 5_000;
/** Frames are laid end to end; beyond this the clock of the line is put right by the clock of the machine. */
const lateMs = 100;
const earlyMs = 60;
const driftWindowMs = 3_000;

/**
 * Where the frames of somebody's line belong on the machine's clock. They come one after the other; a busy process sees
 * them in bursts, so they are laid end to end and only a lasting lag is corrected. Pure; positions in samples.
 */
export class LiveLine {
  readonly #samplesPerMs: number;
  #end = Number.NEGATIVE_INFINITY;
  #seenMs = Number.NEGATIVE_INFINITY;
  #leastLag = Number.POSITIVE_INFINITY;
  #windowEndsMs = 0;

  constructor(rate: number) {
    this.#samplesPerMs = rate / 1_000;
  }

  /** Where the next frame begins. @param fresh the first of a stream: what comes after a gap is placed by the clock. */
  place(length: number, { now, nowMs, fresh }: { now: number; nowMs: number; fresh: boolean }): number {
    if (fresh || nowMs - this.#seenMs > lossMs) {
      this.#end = Math.max(this.#end, now - length);
      this.#resetDrift(nowMs);
    }
    this.#seenMs = nowMs;
    const at = this.#end;
    this.#end += length;
    this.#leastLag = Math.min(this.#leastLag, now - this.#end);
    if (nowMs >= this.#windowEndsMs) this.#correctDrift(nowMs);
    return at;
  }

  /** Frames of a process that was held up are still to come; a stream that has ended is not waited for. */
  settledUntil(now: number, nowMs: number): number {
    if (nowMs - this.#seenMs > lossMs) return now;
    return Math.max(this.#end, now - lossMs * this.#samplesPerMs);
  }

  #correctDrift(nowMs: number): void {
    const lag = this.#leastLag;
    if (lag > lateMs * this.#samplesPerMs || lag < -earlyMs * this.#samplesPerMs) this.#end += lag;
    this.#resetDrift(nowMs);
  }

  #resetDrift(nowMs: number): void {
    this.#leastLag = Number.POSITIVE_INFINITY;
    this.#windowEndsMs = nowMs + driftWindowMs;
  }
}
