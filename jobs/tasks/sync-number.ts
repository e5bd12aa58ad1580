import { growing, job } from '../define.ts';
import { syncNumberWithLiveKit } from '../numbers/sync.ts';

/** One at a time in the whole installation (queues.ts): two syncs of one number would make doubles. */
export const syncNumberJob = job({
  name: 'sync-number',
  attempts: 12,
  backoff: growing(500),
  concurrency: 1,
  timeoutMs: 60_000,
  run: (services, { phoneNumberId }) => syncNumberWithLiveKit(services, phoneNumberId),
});
