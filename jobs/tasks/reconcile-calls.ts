import { reconcileCalls } from '../calls/reconcile.ts';
import { steady, sweep } from '../define.ts';

export const reconcileCallsSweep = sweep({
  name: 'reconcile-calls',
  attempts: 1,
  backoff: steady(1_000),
  concurrency: 1,
  timeoutMs: 60_000,
  run: (services) => reconcileCalls(services),
});
