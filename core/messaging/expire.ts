import { asc, inArray, lt } from 'drizzle-orm';
import { z } from 'zod';
import { textMessages } from '../../db/schema/text-messages.ts';
import { operation } from '../operation.ts';

/** Messages in one transaction; the sweep calls until none is left. */
const atOnce = 1_000;

/** Removes text messages that are older than `keepMs`, whatever became of them. Call again until 0. */
export const expireTextMessages = operation({
  name: 'text_message.expire',
  scope: 'system',
  input: z.object({ keepMs: z.number().positive() }),
  run: async (ctx, { keepMs }): Promise<number> => {
    const due = ctx.db
      .select({ id: textMessages.id })
      .from(textMessages)
      .where(lt(textMessages.createdAt, new Date(Date.now() - keepMs)))
      .orderBy(asc(textMessages.createdAt))
      .limit(atOnce)
      .for('update', { skipLocked: true });
    return (await ctx.db.delete(textMessages).where(inArray(textMessages.id, due))).rowCount ?? 0;
  },
});
