import { importList } from '../../core/contacts/index.ts';
import { growing, job } from '../define.ts';

/** No timeout: a million rows take what they take, and a run that comes round again goes on where this one is. */
export const importContactsJob = job({
  name: 'import-contacts',
  attempts: 8,
  backoff: growing(2_000),
  concurrency: 2,
  run: ({ ctx }, run) => importList(ctx, run),
});
