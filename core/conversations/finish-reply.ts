import { z } from 'zod';
import { operation } from '../operation.ts';
import { append, type Conversation, findConversation } from './conversation.ts';
import type { ConversationMessage, MessageBody } from './message.ts';

/** Keeps what an agent said and did in answer to a message; the next message may come. */
export const finishReply = operation({
  name: 'conversation.finish_reply',
  scope: 'member',
  input: z.object({
    conversationId: z.string(),
    bodies: z.custom<readonly MessageBody[]>(Array.isArray),
    /** The agent has said goodbye. */
    ends: z.boolean(),
  }),
  audit: ({ conversationId }) => ({ target: conversationId }),
  run: async (
    ctx,
    { conversationId, bodies, ends },
  ): Promise<{ conversation: Conversation; messages: ConversationMessage[] }> => {
    const conversation = await findConversation(ctx, conversationId, { lock: true });
    const over = ends && conversation.status === 'open';
    return append(ctx, conversation, bodies, {
      replyingUntil: null,
      ...(over ? ({ status: 'ended', endedAt: new Date(), endReason: 'agent' } as const) : {}),
    });
  },
});
