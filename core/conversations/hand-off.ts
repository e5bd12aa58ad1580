import { z } from 'zod';
import { findAgent } from '../agents/agent.ts';
import { fillVersion } from '../agents/fill-version.ts';
import { versionFor } from '../agents/traffic.ts';
import { DomainError } from '../errors.ts';
import { operation } from '../operation.ts';
import { append, findConversation } from './conversation.ts';
import { chatFacts, type Speaker, speakerOf } from './speaker.ts';

/**
 * Another agent of the workspace goes on with a chat; the chat itself keeps the version that it began with. Throws
 * not_found for an agent that is gone, conflict when the chat is over or that agent has it already.
 */
export const handOffConversation = operation({
  name: 'conversation.hand_off',
  scope: 'member',
  input: z.object({ conversationId: z.uuid(), agentId: z.uuid() }),
  audit: ({ conversationId, agentId }) => ({ target: conversationId, details: { agentId } }),
  run: async (ctx, { conversationId, agentId }): Promise<Speaker> => {
    const conversation = await findConversation(ctx, conversationId, { lock: true });
    if (conversation.status === 'ended') throw new DomainError('conflict', 'This conversation is over.');
    const version = versionFor(await findAgent(ctx, agentId), conversationId);
    if (version === (conversation.currentVersionId ?? conversation.agentVersionId))
      throw new DomainError('conflict', 'That agent has the conversation already.');
    const { missing } = await fillVersion(ctx, version, chatFacts(conversation));
    const { conversation: changed } = await append(ctx, conversation, [], {
      currentVersionId: version,
      missingVariables: [...new Set([...conversation.missingVariables, ...missing])],
    });
    return speakerOf(ctx, changed);
  },
});
