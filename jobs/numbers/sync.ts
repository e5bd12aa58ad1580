import { getNumberForSync, recordSync } from '../../core/numbers/index.ts';
import { syncNumber } from '../../sip/sync-number.ts';
import type { JobServices } from '../services.ts';

/**
 * Brings LiveKit in step with one number and keeps what it is known by there. A number deleted meanwhile is nothing.
 */
export async function syncNumberWithLiveKit(services: JobServices, phoneNumberId: string): Promise<string> {
  const number = await getNumberForSync(services.ctx, { phoneNumberId });
  if (number === null) return 'deleted meanwhile';
  const { changes, error, ...ids } = await syncNumber(services.livekit, number, services.agentName);
  await recordSync(services.ctx, { phoneNumberId, ...ids, error, asOf: number.updatedAt });
  if (error !== null)
    services.log.warn({ phoneNumberId, reason: error }, 'a number cannot be set up as it is');
  else if (changes.length > 0)
    services.log.info({ phoneNumberId, changes }, 'a number was set up at LiveKit');
  if (number.agentId === null)
    services.log.info({ phoneNumberId }, 'callers of a number without an agent are refused');
  return changes.join(', ') || 'in step already';
}
