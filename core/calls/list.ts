import { z } from 'zod';
import type { WorkspaceContext } from '../context.ts';
import { latestMomentMs } from '../fields.ts';
import { operation } from '../operation.ts';
import { callFilterFields, type Scope } from '../reports/measure.ts';
import { cursorAfter, placeOf } from './call-cursor.ts';
import { type CallListItem, callsBehind, countCalls, isNearby, pageOfCalls } from './call-pages.ts';

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
  /** The `nextCursor` of the page before; then `page` is not looked at. */
  cursor: z.string().min(1).max(500).optional(),
});

export interface CallPage {
  readonly items: CallListItem[];
  readonly total: number;
  readonly page: number;
  readonly hasNext: boolean;
  /** Where the next page begins, also when other calls have come in by then; null: this is the last one. */
  readonly nextCursor: string | null;
}

/**
 * The calls of the workspace, newest first. A page far back costs what the first one does. Throws invalid for a cursor
 * that is broken or was given for other filters.
 */
export const listCalls = operation({
  name: 'call.list',
  scope: 'member',
  input,
  reads: true,
  run: async (ctx, { page, pageSize, cursor, ...given }): Promise<CallPage> => {
    const scope = scopeOf(ctx, given);
    const secret = ctx.services.authSecret;
    if (cursor === undefined) {
      const { items, total } = await numbered(ctx, scope, page, pageSize);
      const last = page * pageSize < total ? items.at(-1) : undefined;
      const nextCursor = last === undefined ? null : cursorAfter(secret, scope, last, page);
      return { items, total, page, hasNext: page * pageSize < total, nextCursor };
    }
    const place = placeOf(secret, scope, cursor);
    const reader = { db: ctx.db };
    // One more than the page has says whether there is a next one.
    const found = await callsBehind(reader, scope, place, pageSize + 1);
    const items = found.items.slice(0, pageSize);
    const last = found.items.length > pageSize ? items.at(-1) : undefined;
    return {
      items,
      total: found.total ?? (await countCalls(reader, scope)),
      page: place.page,
      hasNext: last !== undefined,
      nextCursor: last === undefined ? null : cursorAfter(secret, scope, last, place.page),
    };
  },
});

async function numbered(
  ctx: WorkspaceContext,
  scope: Scope,
  page: number,
  pageSize: number,
): Promise<{ items: CallListItem[]; total: number }> {
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
}

export function scopeOf(
  { workspaceId }: WorkspaceContext,
  { startAt, endAt, ...filter }: z.output<typeof callListFilter>,
) {
  // Rows are kept to the millisecond.
  const before = endAt && new Date(Math.min(endAt.getTime() + 1, latestMomentMs));
  return { workspaceId, filter, startAt, endAt: before };
}
