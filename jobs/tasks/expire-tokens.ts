import { expireTokens } from '../../core/users/index.ts';
import { steady, sweep } from '../define.ts';

/** Links that were mailed and sign-ins that are over. */
export const expireTokensSweep = sweep({
  name: 'expire-tokens',
  attempts: 1,
  backoff: steady(1_000),
  concurrency: 1,
  timeoutMs: 120_000,
  run: ({ ctx }) => expireTokens(ctx, {}),
});
