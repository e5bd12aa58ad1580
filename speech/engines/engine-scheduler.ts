/** What is served first: a caller waiting for words, then for the first sound, then everything with slack. */
export type EnginePriority = 'final' | 'first' | 'interim' | 'later' | 'file';

const rank: Readonly<Record<EnginePriority, number>> = { final: 0, first: 1, interim: 2, later: 3, file: 4 };

/** A waiting job climbs one rank in this time, so nothing waits for ever. */
const climbMs = 1_500;

interface Waiting {
  readonly lane: string;
  readonly rank: number;
  readonly since: number;
  readonly start: () => void;
}

export interface EngineJob {
  readonly priority: EnginePriority;
  /** Jobs of one call share a lane; lanes of the same priority take turns. */
  readonly lane: string;
  readonly signal?: AbortSignal | undefined;
}

/** Admits native engine calls to a fixed number of threads: by priority, fair between lanes. */
export class EngineScheduler {
  readonly #threads: number;
  #running = 0;
  readonly #waiting: Waiting[] = [];
  /** When a lane was last served; lanes never seen come first. */
  readonly #served = new Map<string, number>();
  #turn = 0;

  constructor(threads: number) {
    this.#threads = threads;
  }

  get load(): { readonly threads: number; readonly running: number; readonly waiting: number } {
    return { threads: this.#threads, running: this.#running, waiting: this.#waiting.length };
  }

  /** Runs the job when its turn comes. Rejects with the signal's reason when it is aborted while waiting. */
  async run<T>(job: EngineJob, work: () => Promise<T>): Promise<T> {
    await this.#admit(job);
    try {
      return await work();
    } finally {
      this.#running -= 1;
      this.#next();
    }
  }

  #admit({ priority, lane, signal }: EngineJob): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const abort = () => {
        const at = this.#waiting.indexOf(entry);
        if (at >= 0) this.#waiting.splice(at, 1);
        reject(signal?.reason);
      };
      const start = () => {
        signal?.removeEventListener('abort', abort);
        resolve();
      };
      const entry: Waiting = { lane, rank: rank[priority], since: performance.now(), start };
      signal?.addEventListener('abort', abort, { once: true });
      this.#waiting.push(entry);
      this.#next();
    });
  }

  #next(): void {
    while (this.#running < this.#threads && this.#waiting.length > 0) {
      const now = performance.now();
      let best = 0;
      for (let i = 1; i < this.#waiting.length; i++) if (this.#isBefore(i, best, now)) best = i;
      const [entry] = this.#waiting.splice(best, 1);
      if (!entry) return;
      this.#running += 1;
      this.#served.delete(entry.lane);
      this.#served.set(entry.lane, ++this.#turn);
      if (this.#served.size > 1_000) this.#forgetOldestLane();
      entry.start();
    }
  }

  #isBefore(a: number, b: number, now: number): boolean {
    const first = this.#waiting[a];
    const second = this.#waiting[b];
    if (!first || !second) return false;
    const byRank = rankNow(first, now) - rankNow(second, now);
    if (byRank !== 0) return byRank < 0;
    const byTurn = (this.#served.get(first.lane) ?? 0) - (this.#served.get(second.lane) ?? 0);
    return byTurn !== 0 ? byTurn < 0 : a < b;
  }

  #forgetOldestLane(): void {
    const oldest = this.#served.keys().next();
    if (!oldest.done) this.#served.delete(oldest.value);
  }
}

const rankNow = (job: Waiting, now: number): number => job.rank - Math.floor((now - job.since) / climbMs);
