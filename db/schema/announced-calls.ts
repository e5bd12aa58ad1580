import { sql } from 'drizzle-orm';
import { check, index, jsonb, pgTable, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core';
import { agentVersions } from './agent-versions.ts';
import { agents } from './agents.ts';
import { createdAt, id, moment } from './columns.ts';
import { phoneNumbers } from './phone-numbers.ts';
import { workspaces } from './workspaces.ts';

/**
 * Calls that are about to come in and for which somebody of the workspace has said what they run. Gone when they come.
 */
export const announcedCalls = pgTable(
  'announced_calls',
  {
    /** Of the call that will come. */
    id: id(),
    workspaceId: uuid('workspace_id')
      .notNull()
      .references(() => workspaces.id, { onDelete: 'cascade' }),
    phoneNumberId: uuid('phone_number_id')
      .notNull()
      .references(() => phoneNumbers.id, { onDelete: 'cascade' }),
    agentId: uuid('agent_id')
      .notNull()
      .references(() => agents.id, { onDelete: 'cascade' }),
    agentVersionId: uuid('agent_version_id')
      .notNull()
      .references(() => agentVersions.id, { onDelete: 'cascade' }),
    /** The caller's number on the wire: nobody else knows it (core/calls/announced-number.ts). */
    dialAs: text('dial_as').notNull(),
    /** The caller's number as the agent sees it; null: withheld. */
    callerNumber: text('caller_number'),
    variables: jsonb('variables').$type<Record<string, string>>().notNull().default({}),
    expiresAt: moment('expires_at').notNull(),
    createdAt: createdAt(),
  },
  (table) => [
    uniqueIndex('announced_calls_dial_as').on(table.dialAs),
    index('announced_calls_workspace').on(table.workspaceId, table.expiresAt),
    index('announced_calls_number').on(table.phoneNumberId),
    check('announced_calls_dial_as_form', sql`${table.dialAs} ~ '^[+]999[0-9]{12}$'`),
  ],
);
