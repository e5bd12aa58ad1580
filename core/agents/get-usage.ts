import { asc, desc, eq } from 'drizzle-orm';
import { z } from 'zod';
import { campaigns } from '../../db/schema/campaigns.ts';
import { phoneNumbers } from '../../db/schema/phone-numbers.ts';
import { operation } from '../operation.ts';
import { findAgent } from './agent.ts';

export interface AgentUsage {
  readonly numbers: readonly { readonly e164: string; readonly label: string }[];
  /** Batches among them; the newest first. */
  readonly campaigns: readonly Pick<
    typeof campaigns.$inferSelect,
    'id' | 'slug' | 'name' | 'kind' | 'status'
  >[];
}

/** Which numbers lead to an agent, and which campaigns call with it. */
export const getAgentUsage = operation({
  name: 'agent.get_usage',
  scope: 'member',
  input: z.object({ agentId: z.string() }),
  reads: true,
  run: async (ctx, { agentId }): Promise<AgentUsage> => {
    const agent = await findAgent(ctx, agentId);
    const { id, slug, name, kind, status } = campaigns;
    const [numbers, used] = await Promise.all([
      ctx.db
        .select({ e164: phoneNumbers.e164, label: phoneNumbers.label })
        .from(phoneNumbers)
        .where(eq(phoneNumbers.agentId, agent.id))
        .orderBy(asc(phoneNumbers.e164)),
      ctx.db
        .select({ id, slug, name, kind, status })
        .from(campaigns)
        .where(eq(campaigns.agentId, agent.id))
        .orderBy(desc(campaigns.createdAt), desc(id)),
    ]);
    return { numbers, campaigns: used };
  },
});
