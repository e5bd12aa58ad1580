import { sql } from 'drizzle-orm';
import { check, pgTable, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core';
import { createdAt, id, updatedAt } from './columns.ts';
import { users } from './users.ts';
import { workspaces } from './workspaces.ts';

/** What functions and tool servers of agents are called with. The secret is sealed (platform/crypto.ts). */
export const credentials = pgTable(
  'credentials',
  {
    id: id(),
    workspaceId: uuid('workspace_id')
      .notNull()
      .references(() => workspaces.id, { onDelete: 'cascade' }),
    createdBy: uuid('created_by').references(() => users.id, { onDelete: 'set null' }),
    /** Agents refer to it by this name. */
    name: text('name').notNull(),
    kind: text('kind').$type<'bearer' | 'header' | 'basic' | 'hmac'>().notNull(),
    /** core/credentials/secret.ts as JSON, sealed. */
    sealed: text('sealed').notNull(),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (table) => [
    uniqueIndex('credentials_name').on(table.workspaceId, table.name),
    check('credentials_kind', sql`${table.kind} in ('bearer', 'header', 'basic', 'hmac')`),
  ],
);
