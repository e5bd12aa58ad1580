import { setTimeout as sleep } from 'node:timers/promises';
import type { TrunkLane } from '../../core/calls/index.ts';
import { burstSeconds, inviteBucket, trunkBucket, trunkId } from '../../core/campaigns/engine/index.ts';
import type { JobServices } from '../services.ts';
import { reserveTrunk } from './reserve-trunk.ts';

/**
 * Waits until the trunk may take one more call that no campaign has placed: it spends the same calls per second as
 * campaigns do, and goes before them. False: that is longer off than `longestMs`.
 */
export async function goAhead(
  { pacing }: Pick<JobServices, 'pacing'>,
  lane: TrunkLane,
  { longestMs, onWait }: { readonly longestMs: number; readonly onWait: (waitMs: number) => void },
  wait: (ms: number) => Promise<unknown> = sleep,
): Promise<boolean> {
  const { pacer, trunkCallsPerSecond } = pacing;
  const id = trunkId(lane.workspaceId, lane.trunk);
  const perSecond = lane.callsPerSecond ?? trunkCallsPerSecond;
  const burst = Math.max(1, perSecond * burstSeconds);
  const waitMs = await reserveTrunk(pacer, trunkBucket(id), { perSecond, burst, longestMs });
  if (waitMs === null) return false;
  // It does not stand behind campaigns, and they stand behind it.
  await pacer.take(inviteBucket(id), {
    ...{ perSecond, burst: Math.max(1, perSecond) },
    ...{ want: 1, nowMs: Date.now() },
  });
  if (waitMs > 0) {
    onWait(waitMs);
    await wait(waitMs);
  }
  return true;
}
