import type { Pacer } from '../../core/campaigns/engine/index.ts';

/**
 * A place in the row of a trunk, and how long it is off, in ms. Null: longer than `longestMs`, and the place is given
 * back.
 */
export async function reserveTrunk(
  pacer: Pacer,
  bucket: string,
  { longestMs, ...rate }: { readonly perSecond: number; readonly burst: number; readonly longestMs: number },
): Promise<number | null> {
  const waitMs = await pacer.reserve(bucket, { ...rate, nowMs: Date.now() });
  if (waitMs <= longestMs) return waitMs;
  await pacer.giveBack(bucket, 1);
  return null;
}
