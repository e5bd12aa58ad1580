import { importRegistry } from '../../core/contacts/index.ts';
import { growing, job } from '../define.ts';

/** No timeout: two hundred million numbers take what they take. */
export const importRegistryJob = job({
  name: 'import-registry',
  attempts: 8,
  backoff: growing(2_000),
  concurrency: 1,
  run: ({ ctx }, run) => importRegistry(ctx, run),
});
