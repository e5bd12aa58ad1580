import { capturePackets } from '../calls/capture-packets.ts';
import { job, steady } from '../define.ts';

export const capturePacketsJob = job({
  name: 'capture-packets',
  attempts: 3,
  backoff: steady(1_000),
  concurrency: 4,
  run: (services, { captureId }) => capturePackets(services, captureId),
});
