import { sql } from 'drizzle-orm';
import { boolean, check, index, integer, pgTable, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core';
import { createdAt, id, moment, updatedAt } from './columns.ts';
import { workspaces } from './workspaces.ts';

/** An agent is a name and a pointer to its live version; what it says and does is in agent_versions. */
export const agents = pgTable(
  'agents',
  {
    id: id(),
    workspaceId: uuid('workspace_id')
      .notNull()
      .references(() => workspaces.id, { onDelete: 'cascade' }),
    name: text('name').notNull(),
    /** The last part of /talk/{slug}; unique over the whole installation. Null: not published for web visitors. */
    webSlug: text('web_slug'),
    isDemo: boolean('is_demo').notNull().default(false),
    /** References agent_versions; the migration adds that key as deferrable, because each row needs the other. */
    liveVersionId: uuid('live_version_id').notNull(),
    /**
     * A second version that takes a share of the calls (core/agents/traffic.ts); the migration adds its foreign key.
     */
    splitVersionId: uuid('split_version_id'),
    /** Its share, 1 to 99. */
    splitPercent: integer('split_percent'),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
    deletedAt: moment('deleted_at'),
  },
  (table) => [
    index('agents_workspace').on(table.workspaceId, table.createdAt),
    uniqueIndex('agents_web_slug').on(table.webSlug).where(sql`${table.deletedAt} is null`),
    check(
      'agents_split',
      sql`(${table.splitVersionId} is null) = (${table.splitPercent} is null) and (${table.splitPercent} is null or ${table.splitPercent} between 1 and 99)`,
    ),
    check('agents_web_slug_form', sql`${table.webSlug} ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'`),
  ],
);
