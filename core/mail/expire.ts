import { z } from 'zod';
import { emails } from '../../db/schema/emails.ts';
import { operation } from '../operation.ts';
import { removeOlder } from '../remove-older.ts';

/**
 * Removes mail that is older than `keepMs`, whatever became of it: no link in it works any more. Call again until 0.
 */
export const expireEmails = operation({
  name: 'email.expire',
  scope: 'system',
  input: z.object({ keepMs: z.number().positive() }),
  run: (ctx, { keepMs }): Promise<number> => removeOlder(ctx.db, emails, keepMs),
});
