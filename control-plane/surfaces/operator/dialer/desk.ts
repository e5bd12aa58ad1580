import { z } from 'zod';
import { listAgents } from '../../../../core/agents/index.ts';
import {
  bottlenecks,
  getPublicStatus,
  listLiveAttempts,
  refreshCampaigns,
  wantedStatuses,
} from '../../../../core/campaigns/index.ts';
import { rulePacks } from '../../../../core/campaigns/rules/index.ts';
import { columnRoles } from '../../../../core/contacts/index.ts';
import { listNumbers } from '../../../../core/numbers/index.ts';
import { intParam } from '../../../http/params.ts';
import { route } from '../../../http/route.ts';

const options = route({
  method: 'get',
  path: '/api/v/options/',
  operationId: 'listCampaignOptions',
  summary: 'What the fields of a campaign may be: agents, numbers, rule packs, statuses',
  auth: 'member',
  status: 200,
  returns: z.object({
    agents: z.array(z.object({ id: z.uuid(), name: z.string() })),
    phone_numbers: z.array(z.object({ phone_number: z.string(), label: z.string(), ready: z.boolean() })),
    rule_packs: z.array(z.object({ id: z.string(), name: z.string() })),
    purposes: z.array(z.string()),
    statuses: z.array(z.string()),
    bottlenecks: z.array(z.string()),
    consents: z.array(z.string()),
    column_roles: z.array(z.string()),
  }),
  handle: async ({ ctx }) => ({
    agents: (await listAgents(ctx, {})).map(({ id, name }) => ({ id, name })),
    phone_numbers: (await listNumbers(ctx, {})).map(({ e164, label, outboundTrunkId }) => ({
      ...{ phone_number: e164, label, ready: outboundTrunkId !== null },
    })),
    rule_packs: rulePacks.map(({ id, name }) => ({ id, name })),
    purposes: ['marketing', 'informational'],
    statuses: [...wantedStatuses],
    bottlenecks: [...bottlenecks],
    consents: ['unknown', 'express', 'written', 'denied'],
    column_roles: [...columnRoles],
  }),
});

const live = route({
  method: 'get',
  path: '/api/v/live/',
  operationId: 'listLiveCampaignCalls',
  summary: 'The calls of campaigns that are on, oldest first',
  auth: 'member',
  status: 200,
  query: z.object({
    slug: z.string().max(100).optional(),
    limit: intParam({ min: 1, max: 1_000, fallback: 200 }),
  }),
  returns: z.object({
    count: z.number().int(),
    results: z.array(
      z.object({
        ...{ call_id: z.uuid(), campaign: z.string(), campaign_name: z.string(), contact_id: z.uuid() },
        ...{ phone: z.string(), from_number: z.string(), attempt: z.number().int() },
        status: z.enum(['queued', 'dialing', 'ringing', 'active', 'ended']),
        queued_at: z.iso.datetime(),
        ...{ dialed_at: z.iso.datetime().nullable(), answered_at: z.iso.datetime().nullable() },
      }),
    ),
  }),
  handle: async ({ ctx, query: { slug, limit } }) => {
    const rows = await listLiveAttempts(ctx, { limit, ...(slug === undefined ? {} : { slug }) });
    return {
      count: rows.length,
      results: rows.map((row) => ({
        ...{ call_id: row.callId, campaign: row.slug, campaign_name: row.campaignName },
        ...{ contact_id: row.contactId, phone: row.phone, from_number: row.fromNumber },
        ...{ attempt: row.attempt, status: row.status, queued_at: row.queuedAt.toISOString() },
        dialed_at: row.dialedAt?.toISOString() ?? null,
        answered_at: row.answeredAt?.toISOString() ?? null,
      })),
    };
  },
});

const deleteCache = route({
  method: 'delete',
  path: '/api/v/delete-cache/',
  operationId: 'deleteCampaignCache',
  summary: 'Make the sums of the workspace’s campaigns anew',
  auth: 'member',
  status: 200,
  returns: z.object({ detail: z.string(), campaigns: z.number().int() }),
  handle: async ({ ctx }) => ({
    detail: 'The sums were made anew.',
    campaigns: await refreshCampaigns(ctx, {}),
  }),
});

const webhook = route({
  method: 'post',
  path: '/api/v/webhook/',
  operationId: 'dialerWebhook',
  summary: 'An event of a dialer outside, about one campaign',
  description:
    'Anybody may send it, so nothing that it says is believed: the event is logged, and the answer is how the campaign stands here.',
  auth: 'public',
  status: 200,
  errors: [404],
  limit: { name: 'dialer-webhook', points: 120, durationMs: 60_000 },
  body: z
    .object({ event: z.string().trim().min(1).max(100), campaign: z.string().trim().min(1).max(100) })
    .meta({ id: 'DialerEvent' }),
  returns: z.object({ received: z.literal(true), campaign: z.string(), status: z.string() }),
  handle: async ({ ctx, body: { event, campaign: slug } }) => {
    const { campaign } = await getPublicStatus(ctx, { slug });
    ctx.services.log.info({ event, campaignId: campaign.id }, 'an event of a dialer outside');
    return { received: true as const, campaign: campaign.slug, status: campaign.status };
  },
});

export const deskRoutes = [options, live, deleteCache, webhook];
