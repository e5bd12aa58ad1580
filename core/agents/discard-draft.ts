import { eq } from 'drizzle-orm';
import { z } from 'zod';
import { agentDrafts } from '../../db/schema/agent-drafts.ts';
import { operation } from '../operation.ts';
import { findAgent } from './agent.ts';

/** Throws the draft away. An agent without one stays as it is. */
export const discardDraft = operation({
  name: 'agent.discard_draft',
  scope: 'developer',
  input: z.object({ agentId: z.string() }),
  audit: ({ agentId }) => ({ target: agentId }),
  run: async (ctx, { agentId }): Promise<void> => {
    await findAgent(ctx, agentId, { lock: true });
    await ctx.db.delete(agentDrafts).where(eq(agentDrafts.agentId, agentId));
  },
});
