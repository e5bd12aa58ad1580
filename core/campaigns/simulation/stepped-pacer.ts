import { MemoryPacer, type Pacer } from '../engine/index.ts';

/**
 * A pacer for looks that are further apart than in the product: a bucket holds what fills it between two of them, so
 * that the calls per second over a step are those that were asked for.
 */
export function steppedPacer(stepMs: number): Pacer {
  const pacer = new MemoryPacer();
  return {
    take: (bucket, fill) =>
      pacer.take(bucket, { ...fill, burst: Math.max(fill.burst, (fill.perSecond * stepMs) / 1_000) }),
    reserve: (bucket, fill) => pacer.reserve(bucket, fill),
    giveBack: (bucket, tokens) => pacer.giveBack(bucket, tokens),
    readPace: (trunk) => pacer.readPace(trunk),
    writePace: (trunk, pace) => pacer.writePace(trunk, pace),
  };
}
