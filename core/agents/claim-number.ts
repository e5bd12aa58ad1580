import { and, eq } from 'drizzle-orm';
import { phoneNumbers } from '../../db/schema/phone-numbers.ts';
import type { WorkspaceContext } from '../context.ts';
import { DomainError, invalid } from '../errors.ts';
import { touchNumber } from '../numbers/touch-number.ts';

/**
 * Maps a number of the workspace to an agent as part of writing that agent. Taking it from another agent is a
 * conflict here; numbers/map-agent.ts is the place for doing so on purpose.
 */
export async function claimNumber(ctx: WorkspaceContext, agentId: string, e164: string): Promise<void> {
  const [number] = await ctx.db
    .select()
    .from(phoneNumbers)
    .where(and(eq(phoneNumbers.e164, e164), eq(phoneNumbers.workspaceId, ctx.workspaceId)))
    .for('update');
  if (!number) throw invalid('phoneNumber', `the workspace has no number ${e164}; register it first`);
  if (number.agentId === agentId) return;
  if (number.agentId !== null)
    throw new DomainError('conflict', `The number ${e164} is mapped to another agent.`, {
      fields: [{ path: 'phoneNumber', message: 'mapped to another agent' }],
    });
  await touchNumber(ctx, number.id, { agentId });
}
