import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';

const resolutionMs = 10;
/** Above it frames of 10 to 50 ms come too late to be smooth. */
export const closeAboveMs = 150;
export const openBelowMs = 100;
const lateSeconds = 3;
const calmSeconds = 2;

/** Watches how late the event loop is, and whether the host should take another call. */
export class LoopWatch {
  readonly #histogram: IntervalHistogram = monitorEventLoopDelay({ resolution: resolutionMs });
  readonly #onChange: (open: boolean) => void;
  readonly #gate = new LoopGate();
  #timer: NodeJS.Timeout | undefined;
  #delayMs = 0;

  constructor(onChange: (open: boolean) => void) {
    this.#onChange = onChange;
  }

  /** p99 of the last second. */
  get delayMs(): number {
    return this.#delayMs;
  }

  get open(): boolean {
    return this.#gate.open;
  }

  start(): void {
    this.#histogram.enable();
    this.#timer = setInterval(() => {
      this.#delayMs = Math.max(0, Math.round(this.#histogram.percentile(99) / 1e6 - resolutionMs));
      this.#histogram.reset();
      const was = this.open;
      this.#gate.measure(this.#delayMs);
      if (this.open !== was) this.#onChange(this.open);
    }, 1_000);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#histogram.disable();
  }
}

/**
 * Closes when the loop has been late for a while; opens again after it has been calm for a while. A burst of joins
 * makes it late for a second or two, and a call that is turned away finds no other worker on a small fleet.
 */
export class LoopGate {
  #open = true;
  #late = 0;
  #calm = 0;

  get open(): boolean {
    return this.#open;
  }

  /** @param delayMs p99 of the last second */
  measure(delayMs: number): void {
    this.#late = delayMs > closeAboveMs ? this.#late + 1 : 0;
    this.#calm = delayMs < openBelowMs ? this.#calm + 1 : 0;
    if (this.#late >= lateSeconds) this.#open = false;
    else if (!this.#open && this.#calm >= calmSeconds) this.#open = true;
  }
}
