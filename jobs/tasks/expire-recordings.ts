import { expireCaptures } from '../../core/captures/index.ts';
import { expireRecordings } from '../../core/recordings/index.ts';
import { steady, sweep } from '../define.ts';

/** Recordings and packet captures beyond the retention of their workspace. */
export const expireRecordingsSweep = sweep({
  name: 'expire-recordings',
  attempts: 1,
  backoff: steady(1_000),
  concurrency: 1,
  timeoutMs: 600_000,
  run: async ({ ctx }) => {
    let count = 0;
    for (let deleted = 1; deleted > 0; ) deleted = await expireCaptures(ctx, {});
    for (let deleted = 1; deleted > 0; count += deleted) deleted = await expireRecordings(ctx, {});
    return count;
  },
});
