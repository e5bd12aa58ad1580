import { finalizeCall } from '../../core/calls/index.ts';
import { growing, job, NotYet } from '../define.ts';

/** Events may still be on their way. After about two minutes it is the sweep's turn (reconcile-calls). */
export const finalizeCallJob = job({
  name: 'finalize-call',
  attempts: 9,
  backoff: growing(500),
  concurrency: 8,
  timeoutMs: 30_000,
  run: async ({ ctx }, { callId }) => {
    const state = await finalizeCall(ctx, { callId });
    if (state === 'waiting') throw new NotYet('The call is not complete yet.');
    return state;
  },
});
