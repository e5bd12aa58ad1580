import { sql } from 'drizzle-orm';
import { check, index, integer, jsonb, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core';
import { calls } from './calls.ts';
import { moment } from './columns.ts';

/** Append-only. The transcript, the waterfall and the live view are read from here. */
export const callEvents = pgTable(
  'call_events',
  {
    callId: uuid('call_id')
      .notNull()
      .references(() => calls.id, { onDelete: 'cascade' }),
    epoch: integer('epoch').notNull(),
    seq: integer('seq').notNull(),
    type: text('type').notNull(),
    at: moment('at').notNull(),
    /** core/calls/events.ts, without call, epoch, seq and time. */
    data: jsonb('data').$type<unknown>().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.callId, table.epoch, table.seq] }),
    index('call_events_type').on(table.type, table.at),
    check('call_events_numbers', sql`${table.epoch} >= 1 and ${table.seq} >= 1`),
  ],
);
