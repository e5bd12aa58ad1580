import { eq } from 'drizzle-orm';
import { z } from 'zod';
import { contactLists } from '../../../db/schema/contact-lists.ts';
import type { OperationContext } from '../../context.ts';
import { words } from '../../fields.ts';
import { operation } from '../../operation.ts';
import { type ContactList, removeParts, updateList } from '../contact-list.ts';

const ofRun = z.object({ listId: z.uuid(), run: z.number().int() });

/** The list if this run is the one in charge of it; locked. */
async function lockRun(
  ctx: OperationContext,
  { listId, run }: z.output<typeof ofRun>,
): Promise<ContactList | null> {
  const [list] = await ctx.db.select().from(contactLists).where(eq(contactLists.id, listId)).for('update');
  return list?.run === run && (list.state === 'queued' || list.state === 'importing') ? list : null;
}

/** A run is about to read a list, for the first time or after a crash. Null: there is nothing to do for it. */
export const beginImport = operation({
  name: 'contact_list.begin_import',
  scope: 'system',
  input: ofRun,
  run: async (ctx, input): Promise<ContactList | null> => {
    const list = await lockRun(ctx, input);
    if (list === null) return null;
    return updateList(ctx, list.id, {
      state: 'importing',
      error: null,
      startedAt: list.startedAt ?? new Date(),
    });
  },
});

/** Every row is dealt with. The bytes are not needed any more. */
export const finishImport = operation({
  name: 'contact_list.finish_import',
  scope: 'system',
  input: ofRun,
  run: async (ctx, input): Promise<boolean> => {
    const list = await lockRun(ctx, input);
    if (list === null) return false;
    await removeParts(ctx, [list]);
    await updateList(ctx, list.id, {
      ...{ state: 'done', finishedAt: new Date(), bytesDone: list.receivedBytes, parts: [] },
    });
    return true;
  },
});

/** The file cannot be read on, in words for whoever uploaded it. What was imported stays, and is counted. */
export const failImport = operation({
  name: 'contact_list.fail_import',
  scope: 'system',
  input: ofRun.extend({ reason: words(1_000) }),
  run: async (ctx, { reason, ...input }): Promise<void> => {
    const list = await lockRun(ctx, input);
    if (list) await updateList(ctx, list.id, { state: 'failed', error: reason, finishedAt: new Date() });
  },
});
