import { z } from 'zod';
import type { WorkspaceContext } from '../context.ts';
import { DomainError } from '../errors.ts';
import { operation } from '../operation.ts';
import { campaignForContacts } from './campaign-of.ts';
import { type ContactList, findList, updateList } from './contact-list.ts';
import { listOptions } from './create-list.ts';
import { listMapping, mappingProblems } from './import/mapping.ts';

/**
 * Has a list that has come in whole turned into contacts. Without a mapping the suggested one counts. Throws invalid
 * with the fields when it does not fit the columns, conflict when the list is not there yet or imported already.
 */
export const startImport = operation({
  name: 'contact_list.start_import',
  scope: 'member',
  input: listOptions.partial().extend({ listId: z.string(), mapping: listMapping.optional() }),
  audit: ({ listId }) => ({ target: listId }),
  run: async (ctx, { listId, mapping: given, ...options }): Promise<ContactList> => {
    const list = await listToImport(ctx, listId);
    if (list.state !== 'received') throw notNow(list);
    const mapping = given ?? (list.mapping === null ? null : listMapping.parse(list.mapping));
    if (mapping === null)
      throw new DomainError('invalid', 'No column of the list holds phone numbers, as far as one can tell.', {
        fields: [{ path: 'mapping.phone', message: `name one of the columns: ${list.columns.join(', ')}` }],
      });
    const fields = mappingProblems(mapping, list.columns);
    if (fields.length > 0)
      throw new DomainError('invalid', 'The mapping does not fit the columns of the list.', { fields });
    const chosen = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
    return queueRun(ctx, list, { ...chosen, mapping });
  },
});

/** Tries a list again that has failed, from where it stopped. Throws conflict for any other. */
export const retryImport = operation({
  name: 'contact_list.retry_import',
  scope: 'member',
  input: z.object({ listId: z.string() }),
  audit: ({ listId }) => ({ target: listId }),
  run: async (ctx, { listId }): Promise<ContactList> => {
    const list = await listToImport(ctx, listId);
    if (list.state !== 'failed' || list.mapping === null || list.parts.length === 0) throw notNow(list);
    return queueRun(ctx, list, {});
  },
});

/** Held until the transaction ends, and so is its campaign, which may still get contacts. */
async function listToImport(ctx: WorkspaceContext, listId: string): Promise<ContactList> {
  const { campaignId } = await findList(ctx, listId);
  // As a deletion takes the two.
  await campaignForContacts(ctx, campaignId);
  return findList(ctx, listId, { lock: true });
}

async function queueRun(
  ctx: WorkspaceContext,
  list: ContactList,
  change: Parameters<typeof updateList>[2],
): Promise<ContactList> {
  const run = list.run + 1;
  const queued = await updateList(ctx, list.id, {
    ...change,
    ...{ state: 'queued', error: null, run, finishedAt: null },
  });
  await ctx.emit('import-contacts', { listId: list.id, run }, { key: `import-${list.id}-${run}` });
  return queued;
}

function notNow({ state, error, parts }: ContactList): DomainError {
  const why: Readonly<Record<ContactList['state'], string>> = {
    receiving: 'The list is still coming in.',
    broken: 'The upload broke off; send the rest first.',
    received: 'The list has not been started yet.',
    queued: 'The list is being imported already.',
    importing: 'The list is being imported already.',
    failed: parts.length === 0 ? `${error ?? 'The list failed.'} Upload it again.` : 'The list has failed.',
    done: 'The list is imported.',
  };
  return new DomainError('conflict', why[state]);
}
