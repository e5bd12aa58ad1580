import { eq } from 'drizzle-orm';
import { z } from 'zod';
import { agents } from '../../db/schema/agents.ts';
import { operation } from '../operation.ts';
import { type ConversationListItem, findConversation, readMessages } from './conversation.ts';
import type { ConversationMessage } from './message.ts';

export interface ConversationWithMessages {
  readonly conversation: ConversationListItem;
  readonly messages: readonly ConversationMessage[];
}

/** One conversation with everything that was said and done in it. */
export const getConversation = operation({
  name: 'conversation.get',
  scope: 'member',
  input: z.object({ conversationId: z.string() }),
  reads: true,
  run: async (ctx, { conversationId }): Promise<ConversationWithMessages> => {
    const conversation = await findConversation(ctx, conversationId);
    const [agent] = await ctx.db
      .select({ name: agents.name })
      .from(agents)
      .where(eq(agents.id, conversation.agentId));
    return {
      conversation: { ...conversation, agentName: agent?.name ?? '' },
      messages: await readMessages(ctx, conversationId),
    };
  },
});
