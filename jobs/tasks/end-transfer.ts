import { endTransferLeg } from '../calls/dial-transfer.ts';
import { growing, job } from '../define.ts';

export const endTransferJob = job({
  name: 'end-transfer',
  attempts: 5,
  backoff: growing(500),
  concurrency: 20,
  run: (services, { transferId }) => endTransferLeg(services, transferId),
});
