import type Koa from 'koa';
import { z } from 'zod';
import {
  type ContactList,
  createList,
  listLimits,
  listMapping,
  listOptions,
  receiveUpload,
  startImport,
} from '../../../core/contacts/index.ts';
import type { Context } from '../../../core/context.ts';
import { assertStorable } from '../../http/body.ts';
import { HttpError } from '../../http/errors.ts';
import { receiveFiles } from '../../http/multipart.ts';

const { defaultCountry, duplicatesInList, duplicatesAcross } = listOptions.shape;

/** JSON in a query string. */
const mappingParam = z
  .string()
  .max(20_000)
  .transform((text, context) => {
    const json = readJson(text);
    const unstorable = problemsOfStoring(json);
    if (unstorable.length > 0) {
      for (const { path, message } of unstorable)
        context.addIssue({ code: 'custom', message: [path, message].filter(Boolean).join(': ') });
      return z.NEVER;
    }
    const parsed = listMapping.safeParse(json);
    if (parsed.success) return parsed.data;
    for (const { path, message } of parsed.error.issues)
      context.addIssue({
        code: 'custom',
        message: json === undefined ? 'is not JSON' : [path.join('.'), message].filter(Boolean).join(': '),
      });
    return z.NEVER;
  })
  .meta({
    type: 'string',
    description:
      'JSON: which column is what: phone, country, zone, state, zip, consent, consentEvidence, priority; `ignore`; zoneOfAll, consentOfAll. Left out: as the header suggests.',
  });

/** What stands in the JSON as an escape is no fault of the text of the query. */
function problemsOfStoring(value: unknown) {
  try {
    assertStorable(value);
    return [];
  } catch (error) {
    if (error instanceof HttpError) return error.fields;
    throw error;
  }
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** How a list is to be read; in the query, because it is needed before the file is there. */
export const listQuery = z.object({
  default_country: defaultCountry.optional(),
  duplicates_in_list: duplicatesInList.optional(),
  duplicates_across: duplicatesAcross.optional(),
  mapping: mappingParam.optional(),
});

/** Documents the multipart body; it is read as a stream. */
export const listFile = z
  .object({
    file: z.string().meta({
      format: 'binary',
      description: 'CSV with a header row, at most 1 GB. The name of the field does not matter.',
    }),
  })
  .meta({ id: 'ContactFile' });

/**
 * Streams the one file of a multipart body into a list of a campaign, and has it imported when its columns are clear.
 * Throws HttpError 400 with the reason for a file that cannot be read; a connection that breaks leaves the list
 * `broken`, and the rest may be sent.
 */
export async function uploadList(
  ctx: Context,
  koa: Koa.Context,
  campaignId: string,
  query: z.output<typeof listQuery>,
): Promise<ContactList> {
  const [list] = await receiveFiles(koa, {
    maxFiles: 1,
    maxBytes: listLimits.fileBytes + 1_048_576,
    keep: async (fileName, source) => {
      const { id } = await createList(ctx, { campaignId, fileName, ...optionsOf(query) });
      return receiveUpload(ctx, { listId: id, source });
    },
    drop: async () => undefined,
  });
  if (!list) throw new HttpError(400, 'There is no file in the body.');
  if (list.state === 'failed')
    throw new HttpError(400, list.error ?? 'The file cannot be read.', {
      fields: [{ path: 'file', message: list.error ?? 'cannot be read' }],
    });
  return beginImport(ctx, list, query.mapping);
}

/** Has a list imported if anybody has said which column holds the numbers; otherwise it waits for that. */
export async function beginImport(
  ctx: Context,
  list: ContactList,
  mapping?: z.output<typeof listMapping>,
): Promise<ContactList> {
  if (list.state !== 'received' || (mapping === undefined && list.mapping === null)) return list;
  return startImport(ctx, { listId: list.id, ...(mapping === undefined ? {} : { mapping }) });
}

const optionsOf = (query: z.output<typeof listQuery>) => ({
  ...(query.default_country == null ? {} : { defaultCountry: query.default_country }),
  ...(query.duplicates_in_list === undefined ? {} : { duplicatesInList: query.duplicates_in_list }),
  ...(query.duplicates_across === undefined ? {} : { duplicatesAcross: query.duplicates_across }),
});
