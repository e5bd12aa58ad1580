import { queuedLane } from '../../core/calls/index.ts';
import { NotYet } from '../define.ts';
import type { JobServices } from '../services.ts';
import { goAhead } from './go-ahead.ts';

/** Of its job; nobody waits in its room yet. */
const longestMs = 5_000;

/**
 * Waits until the trunk may take one more call that somebody ordered by the API, or asked for (a call-back). Throws
 * NotYet, with the call still queued, when that is further off. Of a campaign's call the dialer and paceInvite take
 * care.
 */
export async function paceQueued(
  services: Pick<JobServices, 'ctx' | 'pacing' | 'log'>,
  callId: string,
  wait?: (ms: number) => Promise<unknown>,
): Promise<void> {
  const { ctx, log } = services;
  const lane = await queuedLane(ctx, { callId });
  if (lane === null) return;
  const onWait = (waitMs: number) => log.info({ callId, waitMs }, 'a call waits for its trunk');
  const may = await goAhead(services, lane, { longestMs, onWait }, wait).catch((error: unknown) => {
    log.warn({ err: error, callId }, 'nobody could say how busy the trunk is');
    return true;
  });
  if (!may) throw new NotYet('The trunk has more calls to place than its carrier allows in a second.');
}
