import { z } from 'zod';
import { getAgentUsage } from '../../../../core/agents/index.ts';
import { idParams } from '../../../http/params.ts';
import { route } from '../../../http/route.ts';
import { campaignStatus } from '../schemas/campaign.ts';

const usageOut = z
  .object({
    phone_numbers: z.array(z.object({ phone_number: z.string(), label: z.string() })),
    campaigns: z.array(
      z.object({
        ...{ id: z.uuid(), slug: z.string(), name: z.string() },
        kind: z.enum(['batch', 'campaign']),
        status: campaignStatus,
      }),
    ),
  })
  .meta({ id: 'AgentUsage' });

export const agentUsageRoute = route({
  method: 'get',
  path: '/agents/{id}/usage',
  operationId: 'getAgentUsage',
  summary: 'The numbers that lead to an agent, and the campaigns and batches that call with it',
  auth: 'member',
  status: 200,
  params: idParams,
  returns: usageOut,
  handle: async ({ ctx, params }) => {
    const { numbers, campaigns } = await getAgentUsage(ctx, { agentId: params.id });
    return {
      phone_numbers: numbers.map(({ e164, label }) => ({ phone_number: e164, label })),
      campaigns: [...campaigns],
    };
  },
});
