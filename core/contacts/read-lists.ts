import { and, asc, desc, eq, gt } from 'drizzle-orm';
import { z } from 'zod';
import { contactListErrors } from '../../db/schema/contact-list-errors.ts';
import { contactLists } from '../../db/schema/contact-lists.ts';
import type { Context } from '../context.ts';
import { operation } from '../operation.ts';
import { campaignForContacts } from './campaign-of.ts';
import { type ContactList, findList } from './contact-list.ts';
import { listLimits } from './import/limits.ts';
import { isSeparatorRow, readTable } from './import/table.ts';
import { readUpload } from './import/upload.ts';

/** A list with how far its import is. */
export const getList = operation({
  name: 'contact_list.get',
  scope: 'member',
  input: z.object({ listId: z.string() }),
  reads: true,
  run: (ctx, { listId }): Promise<ContactList> => findList(ctx, listId),
});

/** The lists of a campaign, newest first. */
export const listLists = operation({
  name: 'contact_list.list',
  scope: 'member',
  input: z.object({ campaignId: z.string() }),
  reads: true,
  run: async (ctx, { campaignId }): Promise<ContactList[]> => {
    await campaignForContacts(ctx, campaignId).catch((error: { code?: string }) => {
      // An archived one has lists that can be looked at.
      if (error.code !== 'conflict') throw error;
    });
    return ctx.db
      .select()
      .from(contactLists)
      .where(and(eq(contactLists.campaignId, campaignId), eq(contactLists.workspaceId, ctx.workspaceId)))
      .orderBy(desc(contactLists.createdAt), desc(contactLists.id));
  },
});

/** The first rows of a list whose bytes are still there; empty afterwards. */
export const previewList = operation({
  name: 'contact_list.preview',
  scope: 'member',
  input: z.object({ listId: z.string() }),
  reads: true,
  run: async (ctx, { listId }): Promise<{ list: ContactList; rows: string[][] }> => {
    const list = await findList(ctx, listId);
    const { encoding, delimiter, parts } = list;
    const rows: string[][] = [];
    if (encoding === null || delimiter === null || parts.length === 0) return { list, rows };
    // The header is in the list itself.
    for await (const row of readTable(readUpload(ctx.services, parts), { encoding, delimiter }))
      if ((rows.length > 0 || !isSeparatorRow(row)) && rows.push(row) > listLimits.previewRows) break;
    return { list, rows: rows.slice(1) };
  },
});

export type ListError = typeof contactListErrors.$inferSelect;

/** Rows that did not become contacts, in the order of the file, after row `after`. */
export const listErrors = operation({
  name: 'contact_list.errors',
  scope: 'member',
  input: z.object({
    listId: z.string(),
    after: z.number().int().min(0).default(0),
    limit: z.number().int().min(1).max(5_000).default(100),
  }),
  reads: true,
  run: async (ctx, { listId, after, limit }): Promise<ListError[]> => {
    const list = await findList(ctx, listId);
    return ctx.db
      .select()
      .from(contactListErrors)
      .where(and(eq(contactListErrors.listId, list.id), gt(contactListErrors.row, after)))
      .orderBy(asc(contactListErrors.row))
      .limit(limit);
  },
});

/** All of them, page by page: for a download. */
export async function* everyListError(ctx: Context, listId: string): AsyncGenerator<ListError> {
  const limit = 5_000;
  for (let after = 0; ; ) {
    const page = await listErrors(ctx, { listId, after, limit });
    yield* page;
    if (page.length < limit) return;
    after = page.at(-1)?.row ?? 0;
  }
}
