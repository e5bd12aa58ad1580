import { transferLane } from '../../core/calls/transfers/index.ts';
import type { JobServices } from '../services.ts';
import { goAhead } from './go-ahead.ts';

/** A caller hears music for so long at most before the phone rings; then the trunk is too busy for them. */
const longestMs = 20_000;

/** Waits until the trunk may take one more call. False: it would take too long. */
export async function paceTransfer(
  services: Pick<JobServices, 'ctx' | 'pacing' | 'log'>,
  transferId: string,
  wait?: (ms: number) => Promise<unknown>,
): Promise<boolean> {
  const lane = await transferLane(services.ctx, { transferId });
  if (lane === null) return true;
  const onWait = (waitMs: number) =>
    services.log.info({ transferId, waitMs }, 'a transfer waits for its trunk');
  return goAhead(services, lane, { longestMs, onWait }, wait);
}
