import { and, eq } from 'drizzle-orm';
import { contactLists } from '../../db/schema/contact-lists.ts';
import { isUuid } from '../../platform/ids.ts';
import type { OperationContext, WorkspaceContext } from '../context.ts';
import { notFound } from '../errors.ts';

export type ContactList = typeof contactLists.$inferSelect;

/** A list of the caller's workspace, locked until the transaction ends on request; anything else is not_found. */
export async function findList(
  ctx: WorkspaceContext,
  listId: string,
  { lock = false } = {},
): Promise<ContactList> {
  if (!isUuid(listId)) throw notFound('List');
  const query = ctx.db
    .select()
    .from(contactLists)
    .where(and(eq(contactLists.id, listId), eq(contactLists.workspaceId, ctx.workspaceId)));
  const [list] = lock ? await query.for('update') : await query;
  if (!list) throw notFound('List');
  return list;
}

/** Changes a list that this transaction has locked. */
export async function updateList(
  ctx: Pick<OperationContext, 'db'>,
  listId: string,
  change: Partial<typeof contactLists.$inferInsert>,
): Promise<ContactList> {
  const [list] = await ctx.db.update(contactLists).set(change).where(eq(contactLists.id, listId)).returning();
  if (!list) throw notFound('List');
  return list;
}

/** Has the bytes of lists removed, when the transaction is committed. */
export async function removeParts(
  ctx: Pick<OperationContext, 'emit'>,
  lists: readonly Pick<ContactList, 'parts'>[],
): Promise<void> {
  const keys = lists.flatMap(({ parts }) => parts.map(({ blobKey }) => blobKey));
  if (keys.length > 0) await ctx.emit('remove-blobs', { keys });
}
