import { growing, job } from '../define.ts';

export const removeBlobsJob = job({
  name: 'remove-blobs',
  attempts: 12,
  backoff: growing(2_000),
  concurrency: 2,
  timeoutMs: 300_000,
  run: async ({ core }, { keys }) => {
    for (const key of keys) await core.ports.blobs.remove(key);
  },
});
