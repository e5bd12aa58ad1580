/** How often each whole number of milliseconds was measured. */
export type Histogram = ReadonlyMap<number, number>;

export interface Percentiles {
  /** How many values there are; the three are null without any. */
  readonly count: number;
  readonly p50Ms: number | null;
  readonly p95Ms: number | null;
  readonly p99Ms: number | null;
}

/** Nearest rank, so every percentile is a value that was measured. Exact: latencies are whole milliseconds. */
export function percentilesOf(histogram: Histogram): Percentiles {
  const sorted = [...histogram].sort(([a], [b]) => a - b);
  const count = sorted.reduce((sum, [, times]) => sum + times, 0);
  const at = (share: number): number | null => {
    let left = Math.ceil(share * count);
    for (const [ms, times] of sorted) {
      left -= times;
      if (left <= 0) return ms;
    }
    return null;
  };
  return { count, p50Ms: at(0.5), p95Ms: at(0.95), p99Ms: at(0.99) };
}
