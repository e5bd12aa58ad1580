import { z } from 'zod';
import { operation } from '../operation.ts';
import { findAgent } from './agent.ts';
import { type AgentDefinition, agentDefinition } from './definition.ts';
import { type Validation, validateDefinition } from './validate.ts';
import { findDraft, findVersionById } from './versions.ts';

export interface AgentDraft extends Validation {
  readonly agentId: string;
  readonly definition: AgentDefinition;
  /** The version that was live when the draft was begun, and the one that is live now. */
  readonly baseVersion: number;
  readonly liveVersion: number;
  readonly updatedAt: Date;
}

/** The draft of an agent with everything that is wrong with it. Null: there is none. */
export const getDraft = operation({
  name: 'agent.get_draft',
  scope: 'member',
  input: z.object({ agentId: z.string() }),
  reads: true,
  run: async (ctx, { agentId }): Promise<AgentDraft | null> => {
    const agent = await findAgent(ctx, agentId);
    const draft = await findDraft(ctx, agentId);
    if (!draft) return null;
    const definition = agentDefinition.parse(draft.definition);
    const { baseVersion, updatedAt } = draft;
    const { version: liveVersion } = await findVersionById(ctx, agent.liveVersionId);
    const validation = await validateDefinition(definition, ctx);
    return { agentId, definition, baseVersion, liveVersion, updatedAt, ...validation };
  },
});
