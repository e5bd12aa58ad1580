import { sql } from 'drizzle-orm';
import { check, index, pgTable, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core';
import { createdAt, id, moment } from './columns.ts';
import { users } from './users.ts';
import { workspaces } from './workspaces.ts';

/** Keys are shown once and kept as SHA-256. */
export const apiKeys = pgTable(
  'api_keys',
  {
    id: id(),
    workspaceId: uuid('workspace_id')
      .notNull()
      .references(() => workspaces.id, { onDelete: 'cascade' }),
    createdBy: uuid('created_by').references(() => users.id, { onDelete: 'set null' }),
    name: text('name').notNull(),
    /** Names of core/key-scopes.ts; null: whatever the role may. */
    scopes: text('scopes').array(),
    role: text('role').$type<'member' | 'developer' | 'admin'>().notNull(),
    /** The first characters, to recognise a key by. */
    prefix: text('prefix').notNull(),
    keyHash: text('key_hash').notNull(),
    lastUsedAt: moment('last_used_at'),
    revokedAt: moment('revoked_at'),
    createdAt: createdAt(),
  },
  (table) => [
    uniqueIndex('api_keys_hash').on(table.keyHash),
    index('api_keys_workspace').on(table.workspaceId),
    check('api_keys_role', sql`${table.role} in ('member', 'developer', 'admin')`),
  ],
);
