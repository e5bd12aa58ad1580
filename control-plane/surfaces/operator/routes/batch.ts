import { z } from 'zod';
import {
  changeCampaign,
  changeStatus,
  createCampaign,
  deleteCampaign,
  getCampaign,
  getCampaignStatus,
  listCampaigns,
  stopCampaign,
} from '../../../../core/campaigns/index.ts';
import { listLists } from '../../../../core/contacts/index.ts';
import type { Context } from '../../../../core/context.ts';
import { listNumbers } from '../../../../core/numbers/index.ts';
import { HttpError } from '../../../http/errors.ts';
import { idParams, intParam } from '../../../http/params.ts';
import { route } from '../../../http/route.ts';
import { presentBatch, presentProgress, presentUpload } from '../presenters/campaign.ts';
import { batchDetailOut, batchOut } from '../schemas/batch.ts';
import { moment, momentOrNull } from '../schemas/moment.ts';
import { e164 } from '../schemas/number.ts';
import { listFile, listQuery, uploadList } from '../upload-list.ts';

const list = route({
  method: 'get',
  path: '/batch',
  operationId: 'listBatches',
  summary: 'Batches of the workspace, newest first',
  auth: 'member',
  status: 200,
  query: z.object({
    page: intParam({ min: 1, max: 1_000_000, fallback: 1 }),
    page_size: intParam({ min: 1, max: 100, fallback: 25 }),
  }),
  returns: z
    .object({
      items: z.array(batchOut),
      ...{ total: z.number().int(), page: z.number().int(), page_size: z.number().int() },
      ...{ has_next: z.boolean(), has_prev: z.boolean() },
    })
    .meta({ id: 'BatchPage' }),
  handle: async ({ ctx, query: { page, page_size } }) => {
    const { items, total } = await listCampaigns(ctx, { page, pageSize: page_size, kind: 'batch' });
    return {
      ...{ items: items.map(presentBatch), total, page, page_size },
      ...{ has_next: page * page_size < total, has_prev: page > 1 },
    };
  },
});

const upload = route({
  method: 'post',
  path: '/batch/upload',
  operationId: 'uploadBatch',
  summary: 'Upload a CSV of people and call them',
  description:
    'What the batch is stands in the query, the file in the body. Calls begin when people are in and the rules allow it, or at `scheduled_at`. 400 with the reason, and no batch, for a file that cannot be read.',
  auth: 'member',
  keyScope: 'campaigns:write',
  status: 201,
  query: listQuery.extend({
    phone_number: e164.meta({ description: 'The number to call from.' }),
    agent_id: z.uuid().optional().meta({ description: 'Left out: the agent of the number.' }),
    name: z.string().trim().min(1).max(200).optional(),
    scheduled_at: moment('start').optional(),
    end_at: moment('end').optional(),
  }),
  body: listFile,
  bodyAs: 'stream',
  accepts: ['multipart/form-data'],
  returns: batchDetailOut,
  wireNames: { agentId: 'agent_id', startsAt: 'scheduled_at', endsAt: 'end_at' },
  handle: async ({ ctx, query, koa }) => {
    const batch = await createCampaign(ctx, {
      kind: 'batch',
      name: query.name ?? `Batch of ${new Date().toISOString().slice(0, 16).replace('T', ' ')}`,
      agentId: query.agent_id ?? (await agentOf(ctx, query.phone_number)),
      fromNumbers: [query.phone_number],
      startsAt: query.scheduled_at ?? null,
      endsAt: query.end_at ?? null,
    });
    try {
      await uploadList(ctx, koa, batch.id, query);
      // Also one that waits for a mapping: its people are called when they are in.
      await changeStatus(ctx, batch.id, 'running');
    } catch (error) {
      await deleteCampaign(ctx, { campaign: batch.id }).catch((reason: unknown) =>
        ctx.services.log.warn({ err: reason, campaignId: batch.id }, 'a batch without people was left'),
      );
      throw error;
    }
    return detail(ctx, batch.id);
  },
});

async function agentOf(ctx: Context, e164: string): Promise<string> {
  const number = (await listNumbers(ctx, {})).find((one) => one.e164 === e164);
  const refuse = (message: string) =>
    new HttpError(400, 'The request does not fit.', { fields: [{ path: 'phone_number', message }] });
  if (!number) throw refuse(`the workspace has no number ${e164}; register it first`);
  if (number.agentId === null) throw refuse('no agent is mapped to this number; give agent_id');
  return number.agentId;
}

async function detail(ctx: Context, id: string): Promise<z.input<typeof batchDetailOut>> {
  const batch = await getCampaign(ctx, { campaign: id, kind: 'batch' });
  return {
    ...presentBatch(batch),
    progress: presentProgress(await getCampaignStatus(ctx, { campaign: id })),
    uploads: (await listLists(ctx, { campaignId: id })).map(presentUpload),
  };
}

const get = route({
  method: 'get',
  path: '/batch/{id}',
  operationId: 'getBatch',
  summary: 'A batch with its progress',
  auth: 'member',
  status: 200,
  params: idParams,
  returns: batchDetailOut,
  handle: ({ ctx, params }) => detail(ctx, params.id),
});

const update = route({
  method: 'patch',
  path: '/batch/{id}',
  operationId: 'updateBatch',
  summary: 'Change when a batch calls, or whether it does',
  auth: 'member',
  keyScope: 'campaigns:write',
  status: 200,
  errors: [409],
  params: idParams,
  body: z
    .object({
      name: z.string().trim().min(1).max(200).optional(),
      scheduled_at: momentOrNull('start').optional(),
      end_at: momentOrNull('end').optional(),
      status: z.enum(['running', 'paused', 'stopped']).optional(),
    })
    .meta({ id: 'BatchChange' }),
  returns: batchDetailOut,
  wireNames: { startsAt: 'scheduled_at', endsAt: 'end_at' },
  handle: async ({ ctx, params: { id: campaign }, body }) => {
    await getCampaign(ctx, { campaign, kind: 'batch' });
    const change = {
      ...(body.name === undefined ? {} : { name: body.name }),
      ...(body.scheduled_at === undefined ? {} : { startsAt: body.scheduled_at }),
      ...(body.end_at === undefined ? {} : { endsAt: body.end_at }),
    };
    await changeCampaign(ctx, campaign, { change, status: body.status });
    return detail(ctx, campaign);
  },
});

const remove = route({
  method: 'delete',
  path: '/batch/{id}',
  operationId: 'deleteBatch',
  summary: 'Delete a batch; one that calls people is stopped by it',
  description: '409 while calls of it are on, or its list is being imported: they end soon after.',
  auth: 'member',
  status: 204,
  errors: [409],
  params: idParams,
  handle: async ({ ctx, params: { id: campaign } }) => {
    const { status } = await getCampaign(ctx, { campaign, kind: 'batch' });
    if (['scheduled', 'running', 'paused'].includes(status)) await stopCampaign(ctx, { campaign });
    await deleteCampaign(ctx, { campaign });
    return undefined;
  },
});

export const batchRoutes = [list, upload, get, update, remove];
