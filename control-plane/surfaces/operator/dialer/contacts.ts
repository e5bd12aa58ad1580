import { z } from 'zod';
import { getCampaign } from '../../../../core/campaigns/index.ts';
import { addContact, getList, receiveUpload, retryImport, zonesOf } from '../../../../core/contacts/index.ts';
import { HttpError } from '../../../http/errors.ts';
import { receiveFiles } from '../../../http/multipart.ts';
import { intParam } from '../../../http/params.ts';
import { route } from '../../../http/route.ts';
import { presentUpload } from '../presenters/campaign.ts';
import { uploadOut } from '../schemas/campaign.ts';
import { momentOrNull } from '../schemas/moment.ts';
import { beginImport, listFile, listQuery, uploadList } from '../upload-list.ts';

const upload = route({
  method: 'post',
  path: '/api/v/upload/{slug}/',
  operationId: 'uploadProspects',
  summary: 'Upload a list of people as CSV, of any size; it is imported behind the scenes',
  description:
    'State `received` in the answer: no column is clearly the phone number; name it with the retry route. 400 with the reason for what is no table.',
  auth: 'member',
  keyScope: 'campaigns:write',
  status: 201,
  errors: [409],
  params: z.object({ slug: z.string().min(1).max(100) }),
  query: listQuery,
  body: listFile,
  bodyAs: 'stream',
  accepts: ['multipart/form-data'],
  returns: uploadOut,
  handle: async ({ ctx, params, query, koa }) => {
    const { id } = await getCampaign(ctx, { campaign: params.slug });
    return presentUpload(await uploadList(ctx, koa, id, query));
  },
});

const retry = route({
  method: 'post',
  path: '/api/v/upload/{uuid}/retry/',
  operationId: 'retryUpload',
  summary: 'Go on with a list where it stopped',
  description:
    'failed: the import goes on after the last row that is in. received: it begins, with `mapping`. broken: send the rest of the file as multipart/form-data, `offset` being `received_bytes`.',
  auth: 'member',
  keyScope: 'campaigns:write',
  status: 200,
  errors: [409],
  params: z.object({ uuid: z.uuid() }),
  query: listQuery
    .pick({ mapping: true })
    .extend({ offset: intParam({ min: 0, max: 2 ** 40, fallback: 0 }) }),
  body: listFile.partial().meta({ id: 'ContactFileRest' }).optional(),
  bodyAs: 'stream',
  accepts: ['multipart/form-data'],
  returns: uploadOut,
  handle: async ({ ctx, params: { uuid: listId }, query: { mapping, offset }, koa }) => {
    const list = await getList(ctx, { listId });
    if (list.state === 'broken') {
      const [received] = await receiveFiles(koa, {
        ...{ maxFiles: 1, maxBytes: 2 ** 31 },
        keep: (_name, source) => receiveUpload(ctx, { listId, offset, source }),
        drop: async () => undefined,
      });
      if (!received) throw new HttpError(400, 'There is no file in the body.');
      return presentUpload(await beginImport(ctx, received, mapping));
    }
    if (list.state === 'received') {
      if (mapping === undefined && list.mapping === null)
        throw new HttpError(400, 'Nobody has said which column holds the phone numbers.', {
          fields: [{ path: 'mapping', message: `name one of the columns: ${list.columns.join(', ')}` }],
        });
      return presentUpload(await beginImport(ctx, list, mapping));
    }
    return presentUpload(await retryImport(ctx, { listId }));
  },
});

const words = (most: number) => z.string().trim().min(1, 'must not be empty').max(most);
const prospectIn = z
  .object({
    phone: z.string().max(40).meta({ description: 'E.164, or as it is written in `country`.' }),
    country: words(10).optional().meta({ description: 'ISO 3166-1, two letters.' }),
    zone: words(100).optional().meta({ description: 'IANA zone of the person.' }),
    state: words(100).optional(),
    zip: words(20).optional(),
    variables: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional(),
    consent: z.enum(['unknown', 'express', 'written', 'denied']).optional(),
    consent_evidence: words(1_000).optional(),
    priority: z.number().int().min(0).max(9).optional(),
    call_back_at: momentOrNull('start').optional(),
  })
  .meta({ id: 'ProspectCreate' });

const prospectOut = z
  .object({
    id: z.uuid(),
    campaign_id: z.uuid(),
    phone: z.string(),
    state: z.enum(['waiting', 'reserved', 'dialing', 'done', 'exhausted', 'blocked', 'canceled']),
    blocked_reason: z.string().nullable(),
    zones: z.array(z.string()),
    consent: z.enum(['unknown', 'express', 'written', 'denied']),
    priority: z.number().int(),
    next_attempt_at: z.iso.datetime(),
    variables: z.record(z.string(), z.string()),
    created_at: z.iso.datetime(),
  })
  .meta({ id: 'Prospect' });

const prospect = route({
  method: 'post',
  path: '/api/v/prospect/{uuid}/',
  operationId: 'addProspect',
  summary: 'Put one person into a campaign',
  description: 'Somebody who may never be called is taken as well, `blocked` with the reason.',
  auth: 'member',
  keyScope: 'campaigns:write',
  status: 201,
  errors: [409],
  params: z.object({ uuid: z.uuid() }),
  body: prospectIn,
  returns: prospectOut,
  wireNames: { consentEvidence: 'consent_evidence', callBackAt: 'call_back_at' },
  handle: async ({ ctx, params, body }) => {
    const contact = await addContact(ctx, {
      ...{ campaignId: params.uuid, phone: body.phone, country: body.country ?? null },
      ...{ zone: body.zone ?? null, state: body.state ?? null, zip: body.zip ?? null },
      ...{ variables: body.variables ?? {}, consent: body.consent ?? 'unknown' },
      ...{ consentEvidence: body.consent_evidence ?? null, callBackAt: body.call_back_at ?? null },
      ...(body.priority === undefined ? {} : { priority: body.priority }),
    });
    return {
      ...{ id: contact.id, campaign_id: contact.campaignId, phone: contact.phone, state: contact.state },
      ...{ blocked_reason: contact.blockedReason, zones: [...zonesOf(contact)], consent: contact.consent },
      ...{ priority: contact.priority, variables: contact.variables },
      next_attempt_at: contact.nextAttemptAt.toISOString(),
      created_at: contact.createdAt.toISOString(),
    };
  },
});

export const contactRoutes = [upload, retry, prospect];
