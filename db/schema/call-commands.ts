import { sql } from 'drizzle-orm';
import { check, jsonb, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core';
import { calls } from './calls.ts';
import { createdAt, moment } from './columns.ts';
import { workspaces } from './workspaces.ts';

/** What a supervisor asked of a live call, under an id of theirs: the same id gets the same answer. */
export const callCommands = pgTable(
  'call_commands',
  {
    callId: uuid('call_id')
      .notNull()
      .references(() => calls.id, { onDelete: 'cascade' }),
    id: text('id').notNull(),
    workspaceId: uuid('workspace_id')
      .notNull()
      .references(() => workspaces.id, { onDelete: 'cascade' }),
    /** core/calls/control/command.ts, without the id. */
    command: jsonb('command').$type<unknown>().notNull(),
    /** pending: the session has not answered (yet). */
    status: text('status').$type<CommandStatus>().notNull().default('pending'),
    /** What it did, or why not, in words. */
    detail: text('detail').notNull().default(''),
    createdAt: createdAt(),
    settledAt: moment('settled_at'),
  },
  (table) => [
    primaryKey({ columns: [table.callId, table.id] }),
    check('call_commands_status', sql`${table.status} in ('pending', 'applied', 'refused')`),
    check('call_commands_settled', sql`(${table.status} = 'pending') = (${table.settledAt} is null)`),
  ],
);

export type CommandStatus = 'pending' | 'applied' | 'refused';
