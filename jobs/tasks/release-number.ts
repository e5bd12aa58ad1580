import { releaseNumber } from '../../core/numbers/index.ts';
import { growing, job } from '../define.ts';

/** About two days of trying: a number that is not given back costs money every month. */
export const releaseNumberJob = job({
  name: 'release-number',
  attempts: 18,
  backoff: growing(1_000),
  concurrency: 4,
  timeoutMs: 60_000,
  run: ({ ctx }, number) => releaseNumber(ctx, number),
});
