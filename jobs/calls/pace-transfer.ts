import { setTimeout as sleep } from 'node:timers/promises';
import { transferLane } from '../../core/calls/transfers/index.ts';
import { burstSeconds, inviteBucket, trunkBucket, trunkId } from '../../core/campaigns/engine/index.ts';
import type { JobServices } from '../services.ts';
import { reserveTrunk } from './reserve-trunk.ts';

/** A caller hears music for so long at most before the phone rings; then the trunk is too busy for them. */
const longestWaitMs = 20_000;

/**
 * Waits until the trunk may take one more call: a transfer spends the same calls per second as campaigns do, and goes
 * before them. False: it would take too long.
 */
export async function paceTransfer(
  { ctx, pacing, log }: Pick<JobServices, 'ctx' | 'pacing' | 'log'>,
  transferId: string,
  wait: (ms: number) => Promise<unknown> = sleep,
): Promise<boolean> {
  const lane = await transferLane(ctx, { transferId });
  if (lane === null) return true;
  const { pacer, trunkCallsPerSecond } = pacing;
  const id = trunkId(lane.workspaceId, lane.trunk);
  const perSecond = lane.callsPerSecond ?? trunkCallsPerSecond;
  const burst = Math.max(1, perSecond * burstSeconds);
  const waitMs = await reserveTrunk(pacer, trunkBucket(id), { perSecond, burst, longestMs: longestWaitMs });
  if (waitMs === null) return false;
  // It does not stand behind campaigns, and they stand behind it.
  await pacer.take(inviteBucket(id), {
    perSecond,
    burst: Math.max(1, perSecond),
    want: 1,
    nowMs: Date.now(),
  });
  if (waitMs > 0) {
    log.info({ transferId, waitMs }, 'a transfer waits for its trunk');
    await wait(waitMs);
  }
  return true;
}
