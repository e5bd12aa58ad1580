/** How much slower than at its quickest the end-of-turn model may be before the processors count as busy. */
const busyFactor = 1.8;
const weight = 0.3;

/**
 * Whether this host has time for work that may be for nothing, such as asking early whether a turn is over. It is
 * judged by the end-of-turn model, which always has the same to do: with eight calls at once on two cores, early
 * questions made every answer later.
 */
export class SpareTime {
  #quickestMs = Number.POSITIVE_INFINITY;
  #usualMs = 0;

  /** One run of the model. */
  took(durationMs: number): void {
    this.#usualMs = this.#usualMs === 0 ? durationMs : (1 - weight) * this.#usualMs + weight * durationMs;
    this.#quickestMs = Math.min(this.#quickestMs, durationMs);
  }

  get isThere(): boolean {
    return this.#usualMs <= busyFactor * this.#quickestMs;
  }
}

/** Of this process: all its calls share the processors. */
export const spareTime = new SpareTime();
