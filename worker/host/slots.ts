/** The exact number of calls a host takes. A slot is taken when a job is accepted and given back when it is over. */
export class Slots {
  readonly total: number;
  readonly #taken = new Set<string>();

  constructor(total: number) {
    this.total = total;
  }

  get active(): number {
    return this.#taken.size;
  }

  /** 0 to 1. */
  get load(): number {
    return this.total === 0 ? 1 : this.active / this.total;
  }

  /** False when all are taken. Taking one's own slot again is fine. */
  take(jobId: string): boolean {
    if (!this.#taken.has(jobId) && this.active >= this.total) return false;
    this.#taken.add(jobId);
    return true;
  }

  give(jobId: string): void {
    this.#taken.delete(jobId);
  }
}

/** Calls one host takes at once. Measured: a call costs 0.07 of a core on Node 24, 0.1 before. */
export const defaultSlots = (nodeMajor: number): number => (nodeMajor >= 24 ? 8 : 6);
