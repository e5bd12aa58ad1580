import { analyzeCall } from '../../core/analyses/index.ts';
import { growing, job } from '../define.ts';

/** A model that fails is no failure of the job: rules step in. Two answers of a minute each, and their retries. */
export const analyzeCallJob = job({
  name: 'analyze-call',
  attempts: 5,
  backoff: growing(2_000),
  concurrency: 4,
  timeoutMs: 180_000,
  run: ({ ctx }, { callId, run }) => analyzeCall(ctx, { callId, run }),
});
