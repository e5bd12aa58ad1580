import { dialTransfer } from '../calls/dial-transfer.ts';
import { growing, job } from '../define.ts';

/** A transfer holds its job while it rings. */
export const dialTransferJob = job({
  name: 'dial-transfer',
  attempts: 6,
  backoff: growing(1_000),
  concurrency: 50,
  run: (services, { transferId }) => dialTransfer(services, transferId),
});
