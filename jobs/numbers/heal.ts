import { getNumberForSync, listNumbersForSync, settleOrders } from '../../core/numbers/index.ts';
import { settleRefusal } from '../../sip/refuse.ts';
import { isNumberInStep, readInventory } from '../../sip/sync-number.ts';
import type { JobServices } from '../services.ts';

/**
 * LiveKit keeps its trunks in a Redis that may be lost or swapped: looks at every number, and has those set up again
 * that are not as they should be. It changes nothing itself, so it does not get in the way of a running sync.
 */
export async function healNumbers(services: JobServices): Promise<string> {
  const { ctx, livekit, agentName, log } = services;
  await settleOrders(ctx);
  const have = await readInventory(livekit);
  if (await settleRefusal(livekit, have.rules))
    log.info('callers that nothing is set up for are refused now');
  const ill: string[] = [];
  let fresh = 0;
  for (const phoneNumberId of await listNumbersForSync(ctx, {})) {
    const number = await getNumberForSync(ctx, { phoneNumberId });
    if (number === null) continue;
    if (number.syncState !== 'synced' || !(await isNumberInStep(livekit, number, agentName, have)))
      ill.push(phoneNumberId);
    if (number.syncState === 'pending') fresh++;
  }
  const round = Date.now();
  await services.queues.send(
    ill.map((phoneNumberId) => ({
      name: 'sync-number' as const,
      payload: { phoneNumberId },
      jobId: `heal-${phoneNumberId}-${round}`,
      key: `heal-${phoneNumberId}`,
      delayMs: 0,
    })),
  );
  if (fresh > 0) log.info({ numbers: fresh }, 'numbers are being set up in LiveKit');
  if (ill.length > fresh) log.warn({ numbers: ill.length - fresh }, 'numbers are out of step with LiveKit');
  return `${ill.length} to sync`;
}
