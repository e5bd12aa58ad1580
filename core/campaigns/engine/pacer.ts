import { clocksDifferMs, type Pace } from './pace.ts';

/** Seconds that a bucket holds: what a look that comes late may make up for. */
export const burstSeconds = 2;

/** The bucket of a trunk's calls per second (survey.ts `trunkId`). */
export const trunkBucket = (id: string): string => `trunk ${id}`;

/** The same when they ring: a second's worth, however many were placed before. */
export const inviteBucket = (id: string): string => `invites ${id}`;

interface Fill {
  readonly perSecond: number;
  readonly burst: number;
  readonly nowMs: number;
}

/** What the processes that dial share about speed. Redis holds it; what is lost with it is made again, carefully. */
export interface Pacer {
  /** Takes up to `want` tokens from a bucket that fills by itself. Returns how many. */
  take(bucket: string, fill: Fill & { readonly want: number }): Promise<number>;
  /**
   * Takes one token that may not be there yet; answers after how many ms it will be. For somebody who is on the line
   * and waits: whoever only looks in for tokens cannot get ahead of them.
   */
  reserve(bucket: string, fill: Fill): Promise<number>;
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
    const filled = this.#fill(bucket, { perSecond, burst, nowMs });
    const taken = Math.max(0, Math.min(want, Math.floor(filled.tokens)));
    filled.tokens -= taken;
    return taken;
  }

  async reserve(bucket: string, fill: Fill): Promise<number> {
    const filled = this.#fill(bucket, fill);
    filled.tokens -= 1;
    return Math.ceil((Math.max(0, -filled.tokens) / fill.perSecond) * 1_000);
  }

  #fill(bucket: string, { perSecond, burst, nowMs }: Fill): { tokens: number; atMs: number } {
    const known = this.#buckets.get(bucket) ?? { tokens: burst, atMs: nowMs };
    const gained = (Math.max(0, nowMs - known.atMs) / 1_000) * perSecond;
    const atMs = known.atMs > nowMs + clocksDifferMs ? nowMs : Math.max(nowMs, known.atMs);
    const filled = { tokens: Math.min(burst, known.tokens + gained), atMs };
    this.#buckets.set(bucket, filled);
    return filled;
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
