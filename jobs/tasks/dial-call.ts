import { dialCall } from '../calls/dial.ts';
import { growing, job } from '../define.ts';

/** A call holds its job until it is answered or given up, so many run at once. */
export const dialCallJob = job({
  name: 'dial-call',
  attempts: 6,
  backoff: growing(1_000),
  concurrency: 100,
  run: (services, { callId }) => dialCall(services, callId),
});
