import { and, count, eq, gt, sql } from 'drizzle-orm';
import { z } from 'zod';
import { conversationMessages } from '../../db/schema/conversation-messages.ts';
import type { OperationContext } from '../context.ts';
import { DomainError } from '../errors.ts';
import { operation } from '../operation.ts';
import { append, type Conversation, findConversation, readMessages } from './conversation.ts';
import { limits } from './limits.ts';
import type { ConversationMessage } from './message.ts';

export interface TakenMessage {
  readonly conversation: Conversation;
  /** Everything so far, the new message last. */
  readonly history: readonly ConversationMessage[];
}

export const messageText = z
  .string()
  .trim()
  .min(1, 'must not be empty')
  .max(limits.messageLength, `at most ${limits.messageLength} characters`);

/**
 * Takes a visitor's message, one at a time: whoever takes it owes the reply. Throws conflict when the conversation is
 * over or a reply is under way, limit_exceeded when there are too many.
 */
export const takeMessage = operation({
  name: 'conversation.take_message',
  scope: 'member',
  input: z.object({ conversationId: z.string(), text: messageText }),
  audit: ({ conversationId }) => ({ target: conversationId }),
  run: async (ctx, { conversationId, text }): Promise<TakenMessage> => {
    const found = await findConversation(ctx, conversationId, { lock: true });
    if (found.status === 'ended') throw new DomainError('conflict', 'This conversation is over.');
    if (found.replyingUntil !== null && found.replyingUntil > new Date())
      throw new DomainError('conflict', 'The agent is still answering the message before.');
    await checkLimits(ctx, conversationId);
    const { conversation } = await append(ctx, found, [{ role: 'user', text, data: {} }], {
      replyingUntil: new Date(Date.now() + limits.replyMs),
    });
    return { conversation, history: await readMessages(ctx, conversationId) };
  },
});

async function checkLimits({ db }: Pick<OperationContext, 'db'>, conversationId: string): Promise<void> {
  const theirs = and(
    eq(conversationMessages.conversationId, conversationId),
    eq(conversationMessages.role, 'user'),
  );
  const [all] = await db.select({ count: count() }).from(conversationMessages).where(theirs);
  if ((all?.count ?? 0) >= limits.messages)
    throw new DomainError('limit_exceeded', `A conversation has at most ${limits.messages} messages.`);
  const lately = gt(conversationMessages.createdAt, sql`now() - interval '1 minute'`);
  const [recent] = await db.select({ count: count() }).from(conversationMessages).where(and(theirs, lately));
  if ((recent?.count ?? 0) >= limits.perMinute)
    throw new DomainError('limit_exceeded', `At most ${limits.perMinute} messages a minute; wait a little.`);
}
