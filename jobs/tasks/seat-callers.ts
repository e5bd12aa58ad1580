import { seatCallers } from '../calls/seat-callers.ts';
import { steady, sweep } from '../define.ts';

export const seatCallersSweep = sweep({
  name: 'seat-callers',
  attempts: 1,
  backoff: steady(1_000),
  concurrency: 1,
  timeoutMs: 30_000,
  run: (services) => seatCallers(services),
});
