import { eq } from 'drizzle-orm';
import { z } from 'zod';
import { contactLists } from '../../db/schema/contact-lists.ts';
import { DomainError } from '../errors.ts';
import { operation } from '../operation.ts';
import { findList, removeParts } from './contact-list.ts';

/**
 * Drops a list of which nobody is in the campaign: one that waits for a mapping, broke off or failed at once. Throws
 * conflict while it is being imported, and when people came of it.
 */
export const deleteList = operation({
  name: 'contact_list.delete',
  scope: 'member',
  input: z.object({ listId: z.string() }),
  audit: ({ listId }) => ({ target: listId }),
  run: async (ctx, { listId }): Promise<void> => {
    const list = await findList(ctx, listId, { lock: true });
    if (list.rowsImported > 0)
      throw new DomainError('conflict', `${list.rowsImported} of its people are in the campaign already.`);
    if (list.state === 'queued' || list.state === 'importing')
      throw new DomainError('conflict', 'The list is being imported.');
    await removeParts(ctx, [list]);
    await ctx.db.delete(contactLists).where(eq(contactLists.id, list.id));
  },
});
