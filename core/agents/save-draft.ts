import { z } from 'zod';
import { agentDrafts } from '../../db/schema/agent-drafts.ts';
import { operation } from '../operation.ts';
import { findAgent } from './agent.ts';
import { agentDefinition } from './definition.ts';
import { type DefinitionPatch, definitionPatch, mergeDefinition } from './merge-definition.ts';
import { findDraft, findVersionById, userOf } from './versions.ts';

/**
 * Lays a patch over the draft of an agent, or begins one on top of its live version. Nothing that calls do changes.
 * What cannot work may be saved (getDraft says what); publishing it is refused.
 */
export const saveDraft = operation({
  name: 'agent.save_draft',
  scope: 'developer',
  input: z.object({ agentId: z.string(), definition: definitionPatch }),
  audit: ({ agentId }) => ({ target: agentId }),
  run: async (
    ctx,
    { agentId, definition }: { agentId: string; definition: DefinitionPatch },
  ): Promise<void> => {
    const agent = await findAgent(ctx, agentId, { lock: true });
    const draft = await findDraft(ctx, agentId);
    const live = await findVersionById(ctx, agent.liveVersionId);
    const under = agentDefinition.parse(draft?.definition ?? live.definition);
    const values = { definition: mergeDefinition(under, definition) ?? under, updatedBy: userOf(ctx) };
    await ctx.db
      .insert(agentDrafts)
      .values({ agentId, baseVersion: live.version, ...values })
      .onConflictDoUpdate({ target: agentDrafts.agentId, set: { ...values, updatedAt: new Date() } });
  },
});
