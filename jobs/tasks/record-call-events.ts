import { recordEvents } from '../../core/calls/index.ts';
import { growing, job } from '../define.ts';

/** Attempts and backoff are the worker's, which adds these jobs: they are kept trying through long outages. */
export const recordCallEvents = job({
  name: 'record-call-events',
  attempts: 20,
  backoff: growing(500),
  concurrency: 8,
  timeoutMs: 30_000,
  run: ({ ctx }, { events }) => recordEvents(ctx, { events }),
});
