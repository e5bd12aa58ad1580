import { boolean, integer, jsonb, pgTable, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core';
import { agents } from './agents.ts';
import { createdAt, id } from './columns.ts';
import { users } from './users.ts';

/** Immutable: a change of an agent writes a new version. A call keeps the version that it ran. */
export const agentVersions = pgTable(
  'agent_versions',
  {
    id: id(),
    agentId: uuid('agent_id')
      .notNull()
      .references(() => agents.id, { onDelete: 'cascade' }),
    version: integer('version').notNull(),
    /** core/agents/definition.ts */
    definition: jsonb('definition').$type<unknown>().notNull(),
    /** What changed, in the words of whoever published it. */
    note: text('note').notNull().default(''),
    /** Kept of a draft to be tried (chats, announced calls), and not made live since. */
    isTrial: boolean('is_trial').notNull().default(false),
    createdBy: uuid('created_by').references(() => users.id, { onDelete: 'set null' }),
    createdAt: createdAt(),
  },
  (table) => [uniqueIndex('agent_versions_number').on(table.agentId, table.version)],
);
