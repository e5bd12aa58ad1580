/**
 * A node of livekit-server offers its workers for no job when all of them report `agents.target_load` (0.7) or more,
 * whatever slots they say are free: a host that takes calls stays below. A full one says 1.
 */
const highestOpenLoad = 0.69;

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

  /**
   * What LiveKit is told: it picks a worker by chance, weighted by 1 - load. A host with more calls than the emptiest
   * one of its machine (`least` calls) steps back, or a burst would now and then fill one of them alone.
   */
  load(least = this.active): number {
    if (this.active >= this.total) return 1;
    if (this.active > least) return highestOpenLoad;
    return (highestOpenLoad / 2) * (this.active / this.total);
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
