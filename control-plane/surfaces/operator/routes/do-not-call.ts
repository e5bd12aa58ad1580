import { z } from 'zod';
import {
  addDoNotCall,
  type DoNotCallEntry,
  doNotCallFile,
  importDoNotCall,
  liftDoNotCall,
  listDoNotCall,
  listOptions,
} from '../../../../core/contacts/index.ts';
import { HttpError } from '../../../http/errors.ts';
import { receiveFiles } from '../../../http/multipart.ts';
import { intParam, wholeParam } from '../../../http/params.ts';
import { route } from '../../../http/route.ts';
import { e164 } from '../schemas/number.ts';
import { numberFile } from '../schemas/number-file.ts';

const wireNames = { campaignId: 'campaign_id', phones: 'phone_numbers' };
const campaign_id = z.uuid().meta({ description: 'Left out: for every campaign of the workspace.' });

const entryOut = z
  .object({
    id: z.number().int(),
    phone_number: z.string(),
    campaign_id: z.uuid().nullable(),
    source: z.enum(['opt_out', 'manual', 'import']).meta({
      description:
        'opt_out: they said so in a call or a chat, or their phone refused one as unwanted (SIP 607).',
    }),
    note: z.string(),
    call_id: z.uuid().nullable(),
    created_at: z.iso.datetime(),
  })
  .meta({ id: 'DoNotCallEntry' });

const presentEntry = (entry: DoNotCallEntry): z.input<typeof entryOut> => ({
  ...{ id: entry.id, phone_number: entry.phone, campaign_id: entry.campaignId, source: entry.source },
  ...{ note: entry.note, call_id: entry.callId, created_at: entry.createdAt.toISOString() },
});

const list = route({
  method: 'get',
  path: '/do-not-call',
  operationId: 'listDoNotCall',
  summary: 'Numbers that must not be called, the latest first',
  auth: 'member',
  status: 200,
  query: z.object({
    phone_number: e164.optional(),
    campaign_id: z.uuid().optional().meta({ description: 'Only those of this campaign.' }),
    limit: intParam({ min: 1, max: 1_000, fallback: 100 }),
    before: wholeParam({ min: 1, max: 10 ** 15 - 1 })
      .optional()
      .meta({ description: 'Id of an entry: older ones than it.' }),
  }),
  returns: z.object({ items: z.array(entryOut) }),
  handle: async ({ ctx, query: { phone_number: phone, campaign_id: campaignId, limit, before } }) => ({
    items: (
      await listDoNotCall(ctx, {
        limit,
        ...(phone === undefined ? {} : { phone }),
        ...(campaignId === undefined ? {} : { campaignId }),
        ...(before === undefined ? {} : { before }),
      })
    ).map(presentEntry),
  }),
});

const add = route({
  method: 'post',
  path: '/do-not-call',
  operationId: 'addDoNotCall',
  summary: 'Put numbers on the list: nobody calls them from now on',
  description:
    'Calls that have not rung are taken back. Numbers that are on the list already change nothing.',
  auth: 'member',
  keyScope: 'campaigns:write',
  status: 200,
  errors: [404, 409],
  body: z
    .object({
      phone_numbers: z.array(e164).min(1).max(10_000),
      campaign_id: campaign_id.optional(),
      note: z.string().trim().max(500).optional(),
    })
    .meta({ id: 'DoNotCallCreate' }),
  returns: z.object({ added: z.number().int() }),
  wireNames,
  handle: ({ ctx, body }) =>
    addDoNotCall(ctx, {
      ...{ phones: body.phone_numbers, campaignId: body.campaign_id ?? null, note: body.note ?? '' },
    }),
});

const importFile = route({
  method: 'post',
  path: '/do-not-call/import',
  operationId: 'importDoNotCall',
  summary: 'Put the numbers of a file on the list',
  description: `One number in each row, in its first column; at most ${doNotCallFile.numbers} of them. Rows that hold none are said in \`errors\` (the first ${doNotCallFile.shownErrors}) and do not keep the others from the list. 400, and nothing is changed, for a file that is none.`,
  auth: 'member',
  keyScope: 'campaigns:write',
  status: 200,
  errors: [404, 409],
  query: z.object({
    default_country: listOptions.shape.defaultCountry.unwrap().optional().meta({
      description: 'ISO 3166 of numbers without a country code.',
    }),
    campaign_id: campaign_id.optional(),
    note: z.string().trim().max(500).optional(),
  }),
  body: numberFile,
  bodyAs: 'stream',
  accepts: ['multipart/form-data'],
  returns: z
    .object({
      added: z.number().int(),
      numbers: z.number().int().meta({ description: 'In the file, each counted once.' }),
      failed: z.number().int(),
      errors: z.array(z.object({ row: z.number().int(), message: z.string() })),
    })
    .meta({ id: 'DoNotCallImport' }),
  wireNames,
  handle: async ({ ctx, query, koa }) => {
    const [done] = await receiveFiles(koa, {
      ...{ maxFiles: 1, maxBytes: doNotCallFile.bytes + 1_048_576 },
      keep: (_name, source) =>
        importDoNotCall(ctx, {
          ...{ source, country: query.default_country ?? null },
          ...{ campaignId: query.campaign_id ?? null, note: query.note ?? '' },
        }),
      drop: async () => undefined,
    });
    if (!done) throw new HttpError(400, 'There is no file in the body.');
    return { ...done, errors: [...done.errors] };
  },
});

const remove = route({
  method: 'delete',
  path: '/do-not-call/{number}',
  operationId: 'removeDoNotCall',
  summary: 'Take a number off the list; whoever waits with it may be called again',
  description: 'That it was on the list, and until when, stays known.',
  auth: 'developer',
  status: 204,
  params: z.object({ number: e164 }),
  query: z.object({ campaign_id: campaign_id.optional() }),
  handle: async ({ ctx, params: { number }, query }) => {
    const { lifted } = await liftDoNotCall(ctx, {
      ...{ phones: [number], campaignId: query.campaign_id ?? null },
    });
    if (lifted === 0) throw new HttpError(404, 'This number is not on the list.');
    return undefined;
  },
});

export const doNotCallRoutes = [list, add, importFile, remove];
