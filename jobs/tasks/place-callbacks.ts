import { placeDueCallbacks } from '../../core/callbacks/index.ts';
import { steady, sweep } from '../define.ts';

export const placeCallbacksSweep = sweep({
  name: 'place-callbacks',
  attempts: 1,
  backoff: steady(1_000),
  concurrency: 1,
  timeoutMs: 60_000,
  run: ({ ctx }) => placeDueCallbacks(ctx, {}),
});
