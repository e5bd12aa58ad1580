import { and, asc, count, desc, eq } from 'drizzle-orm';
import { agents } from '../../db/schema/agents.ts';
import { conversationMessages } from '../../db/schema/conversation-messages.ts';
import { conversations } from '../../db/schema/conversations.ts';
import { isUuid } from '../../platform/ids.ts';
import { storable } from '../calls/storable.ts';
import type { OperationContext, WorkspaceContext } from '../context.ts';
import { notFound } from '../errors.ts';
import { type ConversationMessage, type MessageBody, readMessage } from './message.ts';

export type Conversation = typeof conversations.$inferSelect;

/** A conversation of the caller's workspace; anything else is not_found. */
export async function findConversation(
  ctx: Pick<WorkspaceContext, 'db' | 'workspaceId'>,
  conversationId: string,
  { lock = false }: { lock?: boolean } = {},
): Promise<Conversation> {
  if (!isUuid(conversationId)) throw notFound('Conversation');
  const query = ctx.db
    .select()
    .from(conversations)
    .where(and(eq(conversations.id, conversationId), eq(conversations.workspaceId, ctx.workspaceId)));
  const [row] = lock ? await query.for('update') : await query;
  if (!row) throw notFound('Conversation');
  return row;
}

/** Adds messages to a conversation that this transaction has locked, and changes its row. */
export async function append(
  ctx: Pick<OperationContext, 'db'>,
  conversation: Pick<Conversation, 'id' | 'messageCount'>,
  bodies: readonly MessageBody[],
  change: Partial<typeof conversations.$inferInsert> = {},
): Promise<{ conversation: Conversation; messages: ConversationMessage[] }> {
  const { id, messageCount } = conversation;
  const rows =
    bodies.length === 0
      ? []
      : await ctx.db
          .insert(conversationMessages)
          .values(
            bodies.map(({ role, text, data }, index) => ({
              ...{ conversationId: id, role },
              seq: messageCount + index + 1,
              text: String(storable(text)),
              data: storable(data),
            })),
          )
          .returning();
  const [updated] = await ctx.db
    .update(conversations)
    .set({
      messageCount: messageCount + bodies.length,
      ...(bodies.length === 0 ? {} : { lastMessageAt: new Date() }),
      ...change,
    })
    .where(eq(conversations.id, id))
    .returning();
  if (!updated) throw new Error('The update of a locked conversation returned nothing.');
  return { conversation: updated, messages: rows.map(readMessage).sort((a, b) => a.seq - b.seq) };
}

export async function readMessages(
  { db }: Pick<OperationContext, 'db'>,
  conversationId: string,
): Promise<ConversationMessage[]> {
  const rows = await db
    .select()
    .from(conversationMessages)
    .where(eq(conversationMessages.conversationId, conversationId))
    .orderBy(asc(conversationMessages.seq));
  return rows.map(readMessage);
}

export interface ConversationListItem extends Conversation {
  readonly agentName: string;
}

/** One page of the conversations that fit, newest first. */
export async function pageOfConversations(
  { db }: Pick<OperationContext, 'db'>,
  where: ReturnType<typeof and>,
  { page, pageSize }: { page: number; pageSize: number },
): Promise<{ items: ConversationListItem[]; total: number }> {
  const rows = await db
    .select({ conversation: conversations, agentName: agents.name })
    .from(conversations)
    .innerJoin(agents, eq(agents.id, conversations.agentId))
    .where(where)
    .orderBy(desc(conversations.createdAt), desc(conversations.id))
    .limit(pageSize)
    .offset((page - 1) * pageSize);
  const [counted] = await db.select({ total: count() }).from(conversations).where(where);
  return {
    items: rows.map(({ conversation, agentName }) => ({ ...conversation, agentName })),
    total: counted?.total ?? 0,
  };
}
