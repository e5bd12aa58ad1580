import { and, asc, isNull, lt } from 'drizzle-orm';
import { z } from 'zod';
import { calls } from '../../db/schema/calls.ts';
import { operation } from '../operation.ts';

/** Calls that are not finalized and have not moved for a while, longest first: what the sweep looks after. */
export const listOpenCalls = operation({
  name: 'call.list_open',
  scope: 'system',
  input: z.object({ olderThanMs: z.number().int().min(0) }),
  reads: true,
  run: (ctx, { olderThanMs }) =>
    ctx.db
      .select()
      .from(calls)
      .where(and(isNull(calls.finalizedAt), lt(calls.updatedAt, new Date(Date.now() - olderThanMs))))
      .orderBy(asc(calls.updatedAt))
      .limit(500),
});
