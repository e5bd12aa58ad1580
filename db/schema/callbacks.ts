import { sql } from 'drizzle-orm';
import { check, index, pgTable, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core';
import { agents } from './agents.ts';
import { calls } from './calls.ts';
import { createdAt, id, moment, updatedAt } from './columns.ts';
import { conversations } from './conversations.ts';
import { workspaces } from './workspaces.ts';

/** Calls that somebody asked an agent for. Whoever dials takes the pending ones that are due. */
export const callbacks = pgTable(
  'callbacks',
  {
    id: id(),
    workspaceId: uuid('workspace_id')
      .notNull()
      .references(() => workspaces.id, { onDelete: 'cascade' }),
    agentId: uuid('agent_id')
      .notNull()
      .references(() => agents.id),
    /** Where it was asked for. */
    callId: uuid('call_id').references(() => calls.id, { onDelete: 'set null' }),
    conversationId: uuid('conversation_id').references(() => conversations.id, { onDelete: 'set null' }),
    phoneNumber: text('phone_number').notNull(),
    dueAt: moment('due_at').notNull(),
    /** IANA name: the zone in which the person said the time. */
    timeZone: text('time_zone').notNull(),
    reason: text('reason').notNull().default(''),
    status: text('status').$type<CallbackStatus>().notNull().default('pending'),
    /** Why it is as it is, in words. */
    statusReason: text('status_reason').notNull().default(''),
    /** Nobody looks at it before; null: before it is due. */
    notBefore: moment('not_before'),
    /** The call that came of it, when no campaign made it. */
    placedCallId: uuid('placed_call_id').references(() => calls.id, { onDelete: 'set null' }),
    /** One use of a tool makes one row, however often it is reported. */
    requestKey: text('request_key').notNull(),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (table) => [
    uniqueIndex('callbacks_request').on(table.requestKey),
    index('callbacks_due').on(table.dueAt).where(sql`${table.status} = 'pending'`),
    index('callbacks_workspace').on(table.workspaceId, table.dueAt),
    /** An opt-out finds what was promised to a number by it. */
    index('callbacks_phone').on(table.workspaceId, table.phoneNumber),
    index('callbacks_call').on(table.callId),
    index('callbacks_placed').on(table.placedCallId),
    index('callbacks_conversation').on(table.conversationId),
    check('callbacks_status', sql`${table.status} in ('pending', 'taken', 'done', 'canceled')`),
  ],
);

export type CallbackStatus = 'pending' | 'taken' | 'done' | 'canceled';
