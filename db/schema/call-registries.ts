import { sql } from 'drizzle-orm';
import { bigint, check, integer, pgTable, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core';
import { createdAt, id, moment, updatedAt } from './columns.ts';
import { workspaces } from './workspaces.ts';

/**
 * A public do-not-call registry (the national ones of the US, the UK, India) as somebody has downloaded it. Each import
 * is a version of its own; the last one that came in whole counts. Older than `maxAgeMs` nobody of its country is
 * dialed.
 */
export const callRegistries = pgTable(
  'call_registries',
  {
    id: id(),
    workspaceId: uuid('workspace_id')
      .notNull()
      .references(() => workspaces.id, { onDelete: 'cascade' }),
    name: text('name').notNull(),
    /** ISO 3166: whose numbers it is about. */
    country: text('country').notNull(),
    maxAgeMs: bigint('max_age_ms', { mode: 'number' }).notNull(),
    /** The version that counts; 0: none has come in yet. */
    version: integer('version').notNull().default(0),
    /** When the registry was downloaded, as its importer says. */
    fetchedAt: moment('fetched_at'),
    entryCount: integer('entry_count').notNull().default(0),
    /** The last one that was begun. */
    nextVersion: integer('next_version').notNull().default(0),
    /** Its upload in the blob store and when that was downloaded, until it is in or has failed. */
    nextUpload: text('next_upload'),
    nextFetchedAt: moment('next_fetched_at'),
    state: text('state').$type<'empty' | 'importing' | 'ready' | 'failed'>().notNull().default('empty'),
    error: text('error'),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (table) => [
    uniqueIndex('call_registries_name').on(table.workspaceId, sql`lower(${table.name})`),
    check('call_registries_state', sql`${table.state} in ('empty', 'importing', 'ready', 'failed')`),
    check('call_registries_age', sql`${table.maxAgeMs} > 0`),
  ],
);
