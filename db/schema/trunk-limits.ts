import { sql } from 'drizzle-orm';
import { check, integer, pgTable, primaryKey, real, text, uuid } from 'drizzle-orm/pg-core';
import { updatedAt } from './columns.ts';
import { workspaces } from './workspaces.ts';

/**
 * What a carrier grants. Numbers with the same SIP address and user are one trunk; without a row the defaults count.
 */
export const trunkLimits = pgTable(
  'trunk_limits',
  {
    workspaceId: uuid('workspace_id')
      .notNull()
      .references(() => workspaces.id, { onDelete: 'cascade' }),
    /** `user@host:port`, or `host:port` where there is no user. */
    trunk: text('trunk').notNull(),
    /** Null: the default of the installation. */
    callsPerSecond: real('calls_per_second'),
    maxChannels: integer('max_channels'),
    updatedAt: updatedAt(),
  },
  (table) => [
    primaryKey({ columns: [table.workspaceId, table.trunk] }),
    check('trunk_limits_positive', sql`${table.callsPerSecond} > 0 and ${table.maxChannels} > 0`),
  ],
);
