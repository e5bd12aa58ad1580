import { z } from 'zod';
import { DomainError } from '../errors.ts';
import { words } from '../fields.ts';
import { operation } from '../operation.ts';
import { type ContactList, findList, removeParts, updateList } from './contact-list.ts';
import { listMapping, mappingProblems, suggestMapping } from './import/mapping.ts';

const ofList = z.object({ listId: z.string() });

/** Bytes are about to come. Throws conflict when the list does not wait for any, or for others. */
export const beginPart = operation({
  name: 'contact_list.begin_part',
  scope: 'member',
  input: ofList.extend({ offset: z.number().int().min(0) }),
  run: async (ctx, { listId, offset }): Promise<ContactList> => {
    const list = await findList(ctx, listId, { lock: true });
    checkOffset(list, offset);
    return updateList(ctx, list.id, { state: 'receiving' });
  },
});

function checkOffset({ state, receivedBytes }: ContactList, offset: number): void {
  if (state !== 'receiving' && state !== 'broken')
    throw new DomainError('conflict', 'The list has come in whole already; upload another one.');
  if (offset !== receivedBytes)
    throw new DomainError('conflict', `The upload goes on at byte ${receivedBytes}.`, {
      fields: [{ path: 'offset', message: `the list has ${receivedBytes} bytes so far` }],
      details: { receivedBytes },
    });
}

/** A piece has come, and lies in the blob store. */
export const addPart = operation({
  name: 'contact_list.add_part',
  scope: 'member',
  input: ofList.extend({
    offset: z.number().int(),
    part: z.object({ blobKey: z.string(), sizeBytes: z.number().int() }).nullable(),
    /** The source ended by itself. */
    whole: z.boolean(),
  }),
  run: async (ctx, { listId, offset, part, whole }): Promise<ContactList> => {
    const list = await findList(ctx, listId, { lock: true });
    checkOffset(list, offset);
    return updateList(ctx, list.id, {
      state: whole ? 'receiving' : 'broken',
      error: whole ? null : 'The upload broke off; send the rest.',
      parts: part ? [...list.parts, part] : list.parts,
      receivedBytes: offset + (part?.sizeBytes ?? 0),
    });
  },
});

const verdict = z.union([
  z.object({ reason: words(1_000) }),
  z.object({
    encoding: z.enum(['utf-8', 'utf-16le', 'utf-16be', 'windows-1252']),
    delimiter: z.string(),
    columns: z.array(z.string()),
    rows: z.array(z.array(z.string())),
  }),
]);

/** What the whole file is: a table, with the mapping that its header suggests, or nothing that can be imported. */
export const judgeUpload = operation({
  name: 'contact_list.judge_upload',
  scope: 'member',
  input: ofList.extend({ verdict }),
  run: async (ctx, { listId, verdict: found }): Promise<ContactList> => {
    const list = await findList(ctx, listId, { lock: true });
    if ('reason' in found) {
      await removeParts(ctx, [list]);
      return updateList(ctx, list.id, { state: 'failed', error: found.reason, parts: [] });
    }
    const { encoding, delimiter, columns, rows } = found;
    const suggested = suggestMapping(columns, rows, list.defaultCountry);
    const mapping = suggested.phone === null ? null : listMapping.parse(suggested);
    return updateList(ctx, list.id, {
      ...{ encoding, delimiter, columns, state: 'received', error: null },
      mapping: mapping !== null && mappingProblems(mapping, columns).length === 0 ? mapping : null,
    });
  },
});
