import { eq } from 'drizzle-orm';
import { z } from 'zod';
import { agents } from '../../db/schema/agents.ts';
import { phoneNumbers } from '../../db/schema/phone-numbers.ts';
import { refuseWhileUsed } from '../campaigns/used-by.ts';
import { forgetKnowledge } from '../knowledge/forget.ts';
import { touchNumber } from '../numbers/touch-number.ts';
import { operation } from '../operation.ts';
import { findAgent } from './agent.ts';
import { refuseWhileTarget } from './refuse-while-target.ts';

/**
 * Takes an agent out of use: its calls keep pointing at it, its numbers lead nowhere, its slug is free again. Throws
 * conflict while a campaign lives on it or another agent hands its callers over to it.
 */
export const deleteAgent = operation({
  name: 'agent.delete',
  scope: 'developer',
  input: z.object({ agentId: z.string() }),
  audit: ({ agentId }) => ({ target: agentId }),
  run: async (ctx, { agentId }): Promise<void> => {
    await findAgent(ctx, agentId, { lock: true });
    await refuseWhileUsed(ctx, { agentId });
    await refuseWhileTarget(ctx, agentId);
    await ctx.db.update(agents).set({ deletedAt: new Date() }).where(eq(agents.id, agentId));
    await forgetKnowledge(ctx, agentId);
    const mapped = await ctx.db
      .select({ id: phoneNumbers.id })
      .from(phoneNumbers)
      .where(eq(phoneNumbers.agentId, agentId));
    for (const { id } of mapped) await touchNumber(ctx, id, { agentId: null });
  },
});
