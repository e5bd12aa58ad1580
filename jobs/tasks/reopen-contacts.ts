import { finishReopening } from '../../core/campaigns/engine/index.ts';
import { growing, job } from '../define.ts';

/** No timeout: it is done in short transactions, as many as there are people. */
export const reopenContactsJob = job({
  name: 'reopen-contacts',
  attempts: 8,
  backoff: growing(2_000),
  concurrency: 2,
  run: ({ ctx }, change) => finishReopening(ctx, change),
});
