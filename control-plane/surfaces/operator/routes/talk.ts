import { z } from 'zod';
import { getPublishedAgent } from '../../../../core/agents/get-published.ts';
import { getWorkload } from '../../../../core/reports/index.ts';
import { route } from '../../../http/route.ts';

const info = route({
  method: 'get',
  path: '/talk/{agent}/info',
  operationId: 'getTalkInfo',
  summary: 'What the visitor page shows before a call',
  auth: 'public',
  status: 200,
  limit: { name: 'talk-info', points: 120, durationMs: 60_000 },
  params: z.object({ agent: z.string().trim().min(1).max(100) }),
  returns: z.object({ agent_name: z.string(), online: z.boolean() }),
  handle: async ({ ctx, params }) => {
    const agent = await getPublishedAgent(ctx, { agent: params.agent });
    const { freeSlots } = await getWorkload(ctx, {});
    return { agent_name: agent.name, online: freeSlots > 0 };
  },
});

export const talkRoutes = [info];
