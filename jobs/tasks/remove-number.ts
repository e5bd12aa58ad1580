import { removeNumber } from '../../sip/sync-number.ts';
import { growing, job } from '../define.ts';

export const removeNumberJob = job({
  name: 'remove-number',
  attempts: 12,
  backoff: growing(500),
  concurrency: 4,
  timeoutMs: 30_000,
  run: ({ livekit }, ids) => removeNumber(livekit, ids),
});
