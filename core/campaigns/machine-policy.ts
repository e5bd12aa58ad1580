import { eq } from 'drizzle-orm';
import { campaigns } from '../../db/schema/campaigns.ts';
import type { AgentDefinition } from '../agents/definition.ts';
import type { OperationContext } from '../context.ts';

/** What a campaign does when a machine answers. `agent`: what its agent does; `talk`: nobody listens for machines. */
export const machinePolicies = ['agent', 'hang_up', 'leave_message', 'talk'] as const;
export type MachinePolicy = (typeof machinePolicies)[number];

/** A definition whose way with machines is the campaign's. Pure. */
export function underPolicy(definition: AgentDefinition, policy: MachinePolicy): AgentDefinition {
  if (policy === 'agent') return definition;
  const { voicemail } = definition;
  // The agent may have lost its message since the campaign was saved: a machine gets no silence.
  const leaves = policy === 'leave_message' && voicemail.message.trim() !== '';
  const action = policy === 'talk' ? 'ignore' : leaves ? 'leave_message' : 'hang_up';
  return { ...definition, voicemail: { ...voicemail, action } };
}

/** The definition of a call's agent as the call's campaign wants it; as it is where there is none. */
export async function withMachinePolicy(
  ctx: Pick<OperationContext, 'db'>,
  definition: AgentDefinition,
  { campaignId }: { readonly campaignId: string | null },
): Promise<AgentDefinition> {
  if (campaignId === null) return definition;
  const [campaign] = await ctx.db
    .select({ policy: campaigns.machinePolicy })
    .from(campaigns)
    .where(eq(campaigns.id, campaignId));
  return underPolicy(definition, campaign?.policy ?? 'agent');
}
