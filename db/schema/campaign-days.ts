import { bigint, date, integer, pgTable, primaryKey, uuid } from 'drizzle-orm/pg-core';
import { campaigns } from './campaigns.ts';

/**
 * How the calls of a campaign went, one row for each day (UTC): what status endpoints and the abandon meter (the sum of
 * 30 rows) read. Written when an attempt ends; the judge counts the calls themselves.
 */
export const campaignDays = pgTable(
  'campaign_days',
  {
    campaignId: uuid('campaign_id')
      .notNull()
      .references(() => campaigns.id, { onDelete: 'cascade' }),
    day: date('day', { mode: 'string' }).notNull(),
    /** INVITEs. */
    dialed: integer('dialed').notNull().default(0),
    /** By a person or a machine. */
    answered: integer('answered').notNull().default(0),
    /** By a person, as far as one can tell. */
    liveAnswered: integer('live_answered').notNull().default(0),
    /** Of those, without a word of the agent within 2 s. */
    abandoned: integer('abandoned').notNull().default(0),
    busy: integer('busy').notNull().default(0),
    noAnswer: integer('no_answer').notNull().default(0),
    voicemail: integer('voicemail').notNull().default(0),
    failed: integer('failed').notNull().default(0),
    transferred: integer('transferred').notNull().default(0),
    optedOut: integer('opted_out').notNull().default(0),
    talkMs: bigint('talk_ms', { mode: 'number' }).notNull().default(0),
    costMicros: bigint('cost_micros', { mode: 'number' }).notNull().default(0),
  },
  (table) => [primaryKey({ columns: [table.campaignId, table.day] })],
);
