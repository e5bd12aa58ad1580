import { asc, eq } from 'drizzle-orm';
import { z } from 'zod';
import { callbacks } from '../../db/schema/callbacks.ts';
import { operation } from '../operation.ts';

/** The call-backs of the workspace, the next one first. */
export const listCallbacks = operation({
  name: 'callback.list',
  scope: 'member',
  input: z.object({ limit: z.number().int().min(1).max(500).default(100) }),
  reads: true,
  run: (ctx, { limit }) =>
    ctx.db
      .select()
      .from(callbacks)
      .where(eq(callbacks.workspaceId, ctx.workspaceId))
      .orderBy(asc(callbacks.dueAt), asc(callbacks.id))
      .limit(limit),
});
