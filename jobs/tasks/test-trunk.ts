import { testNewTrunk } from '../../core/numbers/index.ts';
import { growing, job } from '../define.ts';

/** An answer that does not come is a result too; only what breaks here is tried again. */
export const testTrunkJob = job({
  name: 'test-trunk',
  attempts: 5,
  backoff: growing(1_000),
  concurrency: 4,
  timeoutMs: 30_000,
  run: ({ ctx }, { phoneNumberId }) => testNewTrunk(ctx, { phoneNumberId }),
});
