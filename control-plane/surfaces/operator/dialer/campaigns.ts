import { z } from 'zod';
import {
  changeCampaign,
  createCampaign,
  deleteCampaign,
  getCampaign,
  getPublicStatus,
  listCampaigns,
} from '../../../../core/campaigns/index.ts';
import type { Context } from '../../../../core/context.ts';
import { emailField } from '../../../../core/fields.ts';
import { intParam } from '../../../http/params.ts';
import { type Method, route } from '../../../http/route.ts';
import { presentCampaign, presentProgress } from '../presenters/campaign.ts';
import {
  campaignChangeIn,
  campaignIn,
  campaignOut,
  campaignWireNames,
  progressOut,
  settingsOf,
} from '../schemas/campaign.ts';

const slugParams = z.object({ slug: z.string().min(1).max(100) });

const list = route({
  method: 'get',
  path: '/api/v/campaign/',
  operationId: 'listCampaigns',
  summary: 'Campaigns of the workspace, newest first',
  auth: 'member',
  status: 200,
  query: z.object({
    page: intParam({ min: 1, max: 1_000_000, fallback: 1 }),
    page_size: intParam({ min: 1, max: 100, fallback: 25 }),
    email: emailField.optional().meta({ description: 'Of whoever made the campaign.' }),
    workspace: z.uuid().optional().meta({ description: 'Others than the active one have nothing here.' }),
  }),
  returns: z.object({
    count: z.number().int(),
    ...{ next: z.string().nullable(), previous: z.string().nullable() },
    results: z.array(campaignOut),
  }),
  handle: async ({ ctx, query, koa }) => {
    const { page, page_size: pageSize, email, workspace } = query;
    const { items, total } =
      workspace !== undefined && workspace !== ctx.workspaceId
        ? { items: [], total: 0 }
        : await listCampaigns(ctx, {
            ...{ page, pageSize, kind: 'campaign' as const },
            ...(email === undefined ? {} : { createdByEmail: email }),
          });
    const link = (other: number) => {
      const url = new URL(koa.originalUrl, ctx.services.publicUrl);
      url.searchParams.set('page', String(other));
      return url.toString();
    };
    return {
      count: total,
      next: page * pageSize < total ? link(page + 1) : null,
      previous: page > 1 ? link(page - 1) : null,
      results: items.map(presentCampaign),
    };
  },
});

const create = route({
  method: 'post',
  path: '/api/v/campaign/',
  operationId: 'createCampaign',
  summary: 'Make a campaign; it is a draft until its status is set to running',
  auth: 'member',
  keyScope: 'campaigns:write',
  status: 201,
  errors: [409],
  body: campaignIn,
  returns: campaignOut,
  wireNames: campaignWireNames,
  handle: async ({ ctx, body: { name, agent_id, phone_numbers, ...body } }) =>
    presentCampaign(
      await createCampaign(ctx, {
        ...settingsOf(body),
        ...{ name, agentId: agent_id, fromNumbers: phone_numbers },
      }),
    ),
});

const get = route({
  method: 'get',
  path: '/api/v/campaign/{slug}/',
  operationId: 'getCampaign',
  summary: 'One campaign',
  auth: 'member',
  status: 200,
  params: slugParams,
  returns: campaignOut,
  handle: async ({ ctx, params }) => presentCampaign(await getCampaign(ctx, { campaign: params.slug })),
});

const update = (method: Method, operationId: string) =>
  route({
    method,
    path: '/api/v/campaign/{slug}/',
    operationId,
    summary: 'Change a campaign, be it running; what is left out stays',
    description:
      'A running campaign goes by the change within a second, and calls that have not rung are judged by it. `rules` and `retries` are replaced as a whole.',
    auth: 'member',
    keyScope: 'campaigns:write',
    status: 200,
    errors: [409],
    params: slugParams,
    body: campaignChangeIn,
    returns: campaignOut,
    wireNames: campaignWireNames,
    handle: async ({ ctx, params, body }) => presentCampaign(await change(ctx, params.slug, body)),
  });

async function change(ctx: Context, slug: string, body: z.output<typeof campaignChangeIn>) {
  const { status, ...settings } = body;
  const { id } = await getCampaign(ctx, { campaign: slug });
  await changeCampaign(ctx, id, { change: settingsOf(settings), status });
  return getCampaign(ctx, { campaign: id });
}

const remove = route({
  method: 'delete',
  path: '/api/v/campaign/{slug}/',
  operationId: 'deleteCampaign',
  summary: 'Delete a campaign with its contacts; its calls and the ledger stay',
  auth: 'member',
  status: 204,
  errors: [409],
  params: slugParams,
  handle: async ({ ctx, params }) => {
    await deleteCampaign(ctx, { campaign: params.slug });
    return undefined;
  },
});

const status = route({
  method: 'get',
  path: '/api/v/campaign/{slug}/status/',
  operationId: 'getCampaignStatus',
  summary: 'How far a campaign is, what holds it back, when it will be done',
  description: 'Whoever knows the slug may ask. Numbers only, nothing about the people.',
  auth: 'public',
  status: 200,
  limit: { name: 'campaign-status', points: 120, durationMs: 60_000 },
  params: slugParams,
  returns: progressOut,
  handle: async ({ ctx, params }) => presentProgress(await getPublicStatus(ctx, { slug: params.slug })),
});

export const campaignRoutes = [
  ...[list, create, get, update('put', 'replaceCampaign'), update('patch', 'updateCampaign')],
  ...[remove, status],
];
