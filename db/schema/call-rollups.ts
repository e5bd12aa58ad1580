import { sql } from 'drizzle-orm';
import { bigint, check, integer, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core';
import { moment } from './columns.ts';
import { workspaces } from './workspaces.ts';

/** Those of two at once in days and four weeks only. */
export const rollupDimensions = [
  'all',
  'agent',
  'number',
  'campaign',
  'agent_number',
  'campaign_agent',
  'campaign_number',
] as const;
export type RollupDimension = (typeof rollupDimensions)[number];

/**
 * Sums over finalized calls, added to in the transaction that finalizes one (core/reports/rollups.ts). Every call is in
 * up to 22 rows: each dimension that it has, in quarters of an hour, in hours, in days of UTC and in four weeks. A
 * quarter because every zone's hours and days begin at one; most begin with an hour.
 */
export const callRollups = pgTable(
  'call_rollups',
  {
    workspaceId: uuid('workspace_id')
      .notNull()
      .references(() => workspaces.id, { onDelete: 'cascade' }),
    dimension: text('dimension').$type<RollupDimension>().notNull(),
    /** Id of the agent or the campaign, the line's E.164, two of them with a space in between; empty for all. */
    key: text('key').notNull(),
    grainMinutes: integer('grain_minutes').$type<15 | 60 | 1440 | 40320>().notNull(),
    /** Start of the quarter or the day in which the call was made. */
    bucketAt: moment('bucket_at').notNull(),
    channel: text('channel').$type<'phone' | 'web'>().notNull(),
    direction: text('direction').$type<'inbound' | 'outbound'>().notNull(),
    disposition: text('disposition').notNull(),
    calls: integer('calls').notNull(),
    answered: integer('answered').notNull(),
    durationMs: bigint('duration_ms', { mode: 'number' }).notNull(),
    turns: bigint('turns', { mode: 'number' }).notNull(),
    /** Calls with a first word, and their milliseconds from answer to it. */
    spoken: integer('spoken').notNull(),
    firstWordMs: bigint('first_word_ms', { mode: 'number' }).notNull(),
  },
  (table) => [
    primaryKey({
      name: 'call_rollups_key',
      columns: [
        table.workspaceId,
        table.dimension,
        table.grainMinutes,
        // A stretch of time is always asked for, one key only sometimes.
        table.bucketAt,
        table.key,
        table.channel,
        table.direction,
        table.disposition,
      ],
    }),
    check(
      'call_rollups_dimension',
      sql`${table.dimension} in ('all', 'agent', 'number', 'campaign', 'agent_number', 'campaign_agent', 'campaign_number')`,
    ),
    check('call_rollups_grain', sql`${table.grainMinutes} in (15, 60, 1440, 40320)`),
  ],
);
