import { z } from 'zod';
import type { WorkspaceContext } from '../context.ts';
import { operation } from '../operation.ts';
import { callFilterFields } from '../reports/measure.ts';
import type { Call } from './call.ts';
import { countCalls, isNearby, pageOfCalls } from './call-pages.ts';

/** What GET /calls and its export are narrowed to. */
export const callListFilter = z
  .object({
    ...callFilterFields,
    /** Calls made in this span of time, both ends included. */
    startAt: z.date().optional(),
    endAt: z.date().optional(),
  })
  .refine(({ startAt, endAt }) => !startAt || !endAt || startAt <= endAt, {
    path: ['endAt'],
    message: 'must not be before the start',
  });

const input = callListFilter.safeExtend({
  page: z.number().int().min(1).max(1_000_000).default(1),
  pageSize: z.number().int().min(1).max(100).default(25),
});

export interface CallListItem extends Call {
  readonly agentName: string;
}

/** The calls of the workspace, newest first. A page far back costs what the first one does. */
export const listCalls = operation({
  name: 'call.list',
  scope: 'member',
  input,
  reads: true,
  run: async (ctx, { page, pageSize, ...given }): Promise<{ items: CallListItem[]; total: number }> => {
    const scope = scopeOf(ctx, given);
    const window = { limit: pageSize, offset: (page - 1) * pageSize };
    if (isNearby(window)) {
      const reader = { db: ctx.db, pool: ctx.services.db };
      const { items, total } = await pageOfCalls(reader, scope, window);
      return { items, total: total ?? (await countCalls(reader, scope)) };
    }
    // One snapshot: a call that is finalized in between would be counted twice or not at all.
    return ctx.services.db.transaction(
      async (db) => {
        const total = await countCalls({ db }, scope);
        const items = window.offset >= total ? [] : (await pageOfCalls({ db }, scope, window)).items;
        return { items, total };
      },
      { isolationLevel: 'repeatable read', accessMode: 'read only' },
    );
  },
});

export function scopeOf(
  { workspaceId }: WorkspaceContext,
  { startAt, endAt, ...filter }: z.output<typeof callListFilter>,
) {
  // Rows are kept to the millisecond.
  return { workspaceId, filter, startAt, endAt: endAt && new Date(endAt.getTime() + 1) };
}
