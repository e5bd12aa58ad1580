import { asc, inArray, lt } from 'drizzle-orm';
import { z } from 'zod';
import { emails } from '../../db/schema/emails.ts';
import { operation } from '../operation.ts';

/** Mails in one transaction; the sweep calls until none is left. */
const atOnce = 1_000;

/** Removes mail that is older than `keepMs`, whatever became of it: no link in it works any more. Call again until 0. */
export const expireEmails = operation({
  name: 'email.expire',
  scope: 'system',
  input: z.object({ keepMs: z.number().positive() }),
  run: async (ctx, { keepMs }): Promise<number> => {
    const due = ctx.db
      .select({ id: emails.id })
      .from(emails)
      .where(lt(emails.createdAt, new Date(Date.now() - keepMs)))
      .orderBy(asc(emails.createdAt))
      .limit(atOnce)
      .for('update', { skipLocked: true });
    return (await ctx.db.delete(emails).where(inArray(emails.id, due))).rowCount ?? 0;
  },
});
