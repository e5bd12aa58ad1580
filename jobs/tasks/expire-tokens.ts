import { expireEmails } from '../../core/mail/index.ts';
import { expireTextMessages } from '../../core/messaging/index.ts';
import { expireTokens } from '../../core/users/index.ts';
import { steady, sweep } from '../define.ts';

/** Links that were mailed, sign-ins that are over, and what was written to people long ago. */
export const expireTokensSweep = sweep({
  name: 'expire-tokens',
  attempts: 1,
  backoff: steady(1_000),
  concurrency: 1,
  timeoutMs: 120_000,
  run: async ({ ctx, messagesKeepMs: keepMs }) => {
    let count = await expireTokens(ctx, {});
    for (const expire of [expireEmails, expireTextMessages])
      for (let removed = 1; removed > 0; count += removed) removed = await expire(ctx, { keepMs });
    return count;
  },
});
