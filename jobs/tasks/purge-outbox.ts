import { steady, sweep } from '../define.ts';

const keepMs = 24 * 3_600_000;

/** Messages that were sent a day ago are of no use but to look at. */
export const purgeOutboxSweep = sweep({
  name: 'purge-outbox',
  attempts: 1,
  backoff: steady(1_000),
  concurrency: 1,
  timeoutMs: 120_000,
  run: (services) => services.purgeOutbox(keepMs),
});
