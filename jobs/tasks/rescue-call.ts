import { rescueCall } from '../calls/rescue.ts';
import { growing, job } from '../define.ts';

export const rescueCallJob = job({
  name: 'rescue-call',
  attempts: 5,
  backoff: growing(300),
  concurrency: 50,
  run: (services, input) => rescueCall(services, input),
});
