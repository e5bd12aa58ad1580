import { setTimeout as sleep } from 'node:timers/promises';
import { dialLane } from '../../core/calls/index.ts';
import { inviteBucket, trunkId } from '../../core/campaigns/engine/index.ts';
import type { JobServices } from '../services.ts';
import { reserveTrunk } from './reserve-trunk.ts';

/** An agent waits in the room meanwhile, and takes a slot. */
const longestWaitMs = 10_000;

/**
 * Waits until the trunk may take one more INVITE of a campaign. The dialer has counted its calls per second when it
 * placed them, but between there and here lie queues: after a standstill of the jobs, of LiveKit or of the workers all
 * that were placed meanwhile are ready at once. False: it would take too long.
 */
export async function paceInvite(
  { ctx, pacing, log }: Pick<JobServices, 'ctx' | 'pacing' | 'log'>,
  callId: string,
  wait: (ms: number) => Promise<unknown> = sleep,
): Promise<boolean> {
  const lane = await dialLane(ctx, { callId });
  if (lane === null) return true;
  const { pacer, trunkCallsPerSecond } = pacing;
  const perSecond = lane.callsPerSecond ?? trunkCallsPerSecond;
  const bucket = inviteBucket(trunkId(lane.workspaceId, lane.trunk));
  const rate = { perSecond, burst: Math.max(1, perSecond), longestMs: longestWaitMs };
  const waitMs = await reserveTrunk(pacer, bucket, rate).catch((error: unknown) => {
    // Its person has been counted once, by the dialer.
    log.warn({ err: error, callId }, 'nobody could say how busy the trunk is');
    return 0;
  });
  if (waitMs === null) return false;
  if (waitMs > 0) {
    log.info({ callId, waitMs }, 'a call waits for its trunk');
    await wait(waitMs);
  }
  return true;
}
