import { healLists } from '../../core/contacts/index.ts';
import { steady, sweep } from '../define.ts';

export const healListsSweep = sweep({
  name: 'heal-lists',
  attempts: 1,
  backoff: steady(1_000),
  concurrency: 1,
  timeoutMs: 60_000,
  run: ({ ctx }) => healLists(ctx, {}),
});
