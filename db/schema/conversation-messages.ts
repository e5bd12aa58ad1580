import { sql } from 'drizzle-orm';
import { check, integer, jsonb, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core';
import { createdAt } from './columns.ts';
import { conversations } from './conversations.ts';

/** Append-only: what was said in a chat, and what the agent did meanwhile. */
export const conversationMessages = pgTable(
  'conversation_messages',
  {
    conversationId: uuid('conversation_id')
      .notNull()
      .references(() => conversations.id, { onDelete: 'cascade' }),
    seq: integer('seq').notNull(),
    role: text('role').$type<'user' | 'agent' | 'tool' | 'note' | 'error'>().notNull(),
    text: text('text').notNull().default(''),
    /** core/conversations/message.ts: of a tool, its call and result; of an agent's message, how long it took. */
    data: jsonb('data').$type<unknown>().notNull().default({}),
    createdAt: createdAt(),
  },
  (table) => [
    primaryKey({ columns: [table.conversationId, table.seq] }),
    check('conversation_messages_role', sql`${table.role} in ('user', 'agent', 'tool', 'note', 'error')`),
    check('conversation_messages_seq', sql`${table.seq} >= 1`),
  ],
);
