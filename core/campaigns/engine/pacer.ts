import type { Pace } from './pace.ts';

/** Seconds that a bucket holds: what a look that comes late may make up for. */
export const burstSeconds = 2;

/** What the processes that dial share about speed. Redis holds it; what is lost with it is made again, carefully. */
export interface Pacer {
  /** Takes up to `want` tokens from a bucket that fills by itself. Returns how many. */
  take(
    bucket: string,
    fill: {
      readonly perSecond: number;
      readonly burst: number;
      readonly want: number;
      readonly nowMs: number;
    },
  ): Promise<number>;
  /** Tokens that were not needed after all. */
  giveBack(bucket: string, tokens: number): Promise<void>;
  readPace(trunk: string): Promise<Pace | null>;
  writePace(trunk: string, pace: Pace): Promise<void>;
}

/** For one process, and for tests: the same in memory. */
export class MemoryPacer implements Pacer {
  readonly #buckets = new Map<string, { tokens: number; atMs: number }>();
  readonly #paces = new Map<string, Pace>();

  async take(
    bucket: string,
    { perSecond, burst, want, nowMs }: Parameters<Pacer['take']>[1],
  ): Promise<number> {
    const known = this.#buckets.get(bucket) ?? { tokens: burst, atMs: nowMs };
    const filled = Math.min(burst, known.tokens + (Math.max(0, nowMs - known.atMs) / 1_000) * perSecond);
    const taken = Math.max(0, Math.min(want, Math.floor(filled)));
    this.#buckets.set(bucket, { tokens: filled - taken, atMs: Math.max(nowMs, known.atMs) });
    return taken;
  }

  async giveBack(bucket: string, tokens: number): Promise<void> {
    const known = this.#buckets.get(bucket);
    if (known) known.tokens += tokens;
  }

  async readPace(trunk: string): Promise<Pace | null> {
    return this.#paces.get(trunk) ?? null;
  }

  async writePace(trunk: string, pace: Pace): Promise<void> {
    this.#paces.set(trunk, pace);
  }
}
