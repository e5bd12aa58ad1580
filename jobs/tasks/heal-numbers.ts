import { growing, sweep } from '../define.ts';
import { healNumbers } from '../numbers/heal.ts';

export const healNumbersSweep = sweep({
  name: 'heal-numbers',
  attempts: 10,
  backoff: growing(1_000),
  concurrency: 1,
  timeoutMs: 120_000,
  run: (services) => healNumbers(services),
});
