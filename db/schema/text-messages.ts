import { sql } from 'drizzle-orm';
import { check, index, pgTable, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core';
import { agents } from './agents.ts';
import { calls } from './calls.ts';
import { createdAt, id, moment, updatedAt } from './columns.ts';
import { conversations } from './conversations.ts';
import { workspaces } from './workspaces.ts';

/** SMS. A row is written before anything is sent, and says in the end what became of it. */
export const textMessages = pgTable(
  'text_messages',
  {
    id: id(),
    workspaceId: uuid('workspace_id')
      .notNull()
      .references(() => workspaces.id, { onDelete: 'cascade' }),
    agentId: uuid('agent_id').references(() => agents.id, { onDelete: 'set null' }),
    callId: uuid('call_id').references(() => calls.id, { onDelete: 'set null' }),
    conversationId: uuid('conversation_id').references(() => conversations.id, { onDelete: 'set null' }),
    direction: text('direction').$type<'outbound' | 'inbound'>().notNull().default('outbound'),
    /** Null: the carrier's default sender. */
    fromNumber: text('from_number'),
    toNumber: text('to_number').notNull(),
    body: text('body').notNull(),
    status: text('status').$type<TextMessageStatus>().notNull().default('queued'),
    /** Which carrier took it, and under which id. */
    carrier: text('carrier'),
    carrierMessageId: text('carrier_message_id'),
    /** Why it was not sent, in words. */
    error: text('error'),
    /** One use of a tool makes one row, however often it is reported. */
    requestKey: text('request_key').notNull(),
    sentAt: moment('sent_at'),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (table) => [
    uniqueIndex('text_messages_request').on(table.requestKey),
    index('text_messages_workspace').on(table.workspaceId, table.createdAt.desc().nullsFirst()),
    index('text_messages_agent').on(table.agentId),
    index('text_messages_call').on(table.callId),
    index('text_messages_conversation').on(table.conversationId),
    check('text_messages_direction', sql`${table.direction} in ('outbound', 'inbound')`),
    check(
      'text_messages_status',
      sql`${table.status} in ('queued', 'sending', 'sent', 'failed', 'held', 'received')`,
    ),
  ],
);

/** sending: the carrier has been asked and the answer is not in. held: no carrier is configured. */
export type TextMessageStatus = 'queued' | 'sending' | 'sent' | 'failed' | 'held' | 'received';
