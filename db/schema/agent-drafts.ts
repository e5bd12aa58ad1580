import { integer, jsonb, pgTable, uuid } from 'drizzle-orm/pg-core';
import { agents } from './agents.ts';
import { createdAt, updatedAt } from './columns.ts';
import { users } from './users.ts';

/** What an agent may become: at most one draft each, gone when it is published. */
export const agentDrafts = pgTable('agent_drafts', {
  agentId: uuid('agent_id')
    .primaryKey()
    .references(() => agents.id, { onDelete: 'cascade' }),
  /** core/agents/definition.ts */
  definition: jsonb('definition').$type<unknown>().notNull(),
  /** The version that was live when the draft was begun. */
  baseVersion: integer('base_version').notNull(),
  updatedBy: uuid('updated_by').references(() => users.id, { onDelete: 'set null' }),
  createdAt: createdAt(),
  updatedAt: updatedAt(),
});
