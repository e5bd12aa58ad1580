import { asc, desc, eq, sql } from 'drizzle-orm';
import { z } from 'zod';
import { callbacks } from '../../db/schema/callbacks.ts';
import { nowMs } from '../context.ts';
import { operation } from '../operation.ts';

/** The call-backs of the workspace: those to come, the next one first, then those that are over, the last one first. */
export const listCallbacks = operation({
  name: 'callback.list',
  scope: 'member',
  input: z.object({ limit: z.number().int().min(1).max(500).default(100) }),
  reads: true,
  run: (ctx, { limit }) => {
    const now = new Date(nowMs(ctx)).toISOString();
    const toCome = sql`(${callbacks.status} = 'pending' or ${callbacks.status} = 'taken' and ${callbacks.dueAt} >= ${now})`;
    return ctx.db
      .select()
      .from(callbacks)
      .where(eq(callbacks.workspaceId, ctx.workspaceId))
      .orderBy(
        desc(toCome),
        sql`case when ${toCome} then ${callbacks.dueAt} end`,
        desc(callbacks.dueAt),
        asc(callbacks.id),
      )
      .limit(limit);
  },
});
