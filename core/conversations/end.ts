import { z } from 'zod';
import { DomainError } from '../errors.ts';
import { operation } from '../operation.ts';
import { append, type Conversation, findConversation } from './conversation.ts';

/** Ends a conversation from outside. Throws conflict when it is over. */
export const endConversation = operation({
  name: 'conversation.end',
  scope: 'member',
  input: z.object({ conversationId: z.string() }),
  audit: ({ conversationId }) => ({ target: conversationId }),
  run: async (ctx, { conversationId }): Promise<Conversation> => {
    const found = await findConversation(ctx, conversationId, { lock: true });
    if (found.status === 'ended') throw new DomainError('conflict', 'This conversation is over.');
    const { conversation } = await append(ctx, found, [], {
      ...{ status: 'ended', endReason: 'user' },
      endedAt: new Date(),
    });
    return conversation;
  },
});
