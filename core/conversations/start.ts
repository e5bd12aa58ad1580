import { z } from 'zod';
import { conversations } from '../../db/schema/conversations.ts';
import { newId } from '../../platform/ids.ts';
import { findAgent } from '../agents/agent.ts';
import { fillVersion } from '../agents/fill-version.ts';
import { openingWords } from '../agents/opening-words.ts';
import { versionFor } from '../agents/traffic.ts';
import { findVersion } from '../agents/versions.ts';
import { threadField, variablesField, versionField } from '../fields.ts';
import { operation } from '../operation.ts';
import { append, type Conversation } from './conversation.ts';
import type { ConversationMessage } from './message.ts';
import { chatFacts } from './speaker.ts';

export interface StartedConversation {
  readonly conversation: Conversation;
  readonly agentName: string;
  /** The first message of an agent that begins. */
  readonly messages: readonly ConversationMessage[];
}

/** Opens a chat with an agent. Throws not_found for an agent that the workspace does not have. */
export const startConversation = operation({
  name: 'conversation.start',
  scope: 'member',
  input: z.object({
    agentId: z.string(),
    variables: variablesField.default({}),
    threadId: threadField.nullish(),
    /** Another than the live version, for trying it out. */
    version: versionField.optional(),
  }),
  audit: ({ agentId }, { conversation }: StartedConversation) => ({
    target: conversation.id,
    details: { agentId },
  }),
  run: async (ctx, { agentId, variables, threadId, version }): Promise<StartedConversation> => {
    const agent = await findAgent(ctx, agentId);
    const id = newId();
    const agentVersionId =
      version === undefined ? versionFor(agent, id) : (await findVersion(ctx, agentId, version)).id;
    const filled = await fillVersion(ctx, agentVersionId, chatFacts({ variables }));
    const [row] = await ctx.db
      .insert(conversations)
      .values({
        ...{ id, agentId, agentVersionId, variables },
        workspaceId: ctx.workspaceId,
        threadId: threadId ?? null,
        missingVariables: [...filled.missing],
      })
      .returning();
    if (!row) throw new Error('The insert of a conversation returned nothing.');
    const text = openingWords(filled.definition);
    const opening = text === '' ? [] : [{ role: 'agent', text, data: {} } as const];
    return { agentName: agent.name, ...(await append(ctx, row, opening)) };
  },
});
