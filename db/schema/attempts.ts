import { sql } from 'drizzle-orm';
import { bigint, check, index, pgTable, smallint, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core';
import { createdAt, moment, updatedAt } from './columns.ts';
import { phoneNumbers } from './phone-numbers.ts';

/**
 * One try to reach a contact: at most one INVITE (decision 4). It is committed before anything rings. Its id follows
 * from contact and number (core/campaigns/rules/attempt-id.ts) and is the id of its call, so whoever repeats a step
 * after a crash meets the row that is there.
 */
export const attempts = pgTable(
  'attempts',
  {
    id: uuid('id').primaryKey(),
    workspaceId: uuid('workspace_id').notNull(),
    /** No foreign key: who was rung, and when, counts against every cap also when the campaign is deleted. */
    campaignId: uuid('campaign_id').notNull(),
    contactId: uuid('contact_id').notNull(),
    /** 1 for the first. */
    number: smallint('number').notNull(),
    phone: text('phone').notNull(),
    phoneNumberId: uuid('phone_number_id').references(() => phoneNumbers.id, { onDelete: 'set null' }),
    fromNumber: text('from_number').notNull(),
    /** Numbers with the same key share lines and calls per second: trunk_limits. */
    trunk: text('trunk').notNull(),
    state: text('state').$type<AttemptState>().notNull().default('reserved'),
    /** The INVITE may leave from here on: what every cap counts. */
    dialedAt: moment('dialed_at'),
    answeredAt: moment('answered_at'),
    endedAt: moment('ended_at'),
    /** A disposition of the call, or the reason why it was withdrawn. */
    outcome: text('outcome'),
    /** Reserved before the call, then what it cost. */
    costMicros: bigint('cost_micros', { mode: 'number' }).notNull().default(0),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (table) => [
    uniqueIndex('attempts_number').on(table.contactId, table.number),
    index('attempts_campaign').on(table.campaignId, table.createdAt.desc().nullsFirst()),
    /** The caps: how often was this person rung, by any campaign. */
    index('attempts_dialed')
      .on(table.workspaceId, table.phone, table.dialedAt)
      .where(sql`${table.dialedAt} is not null`),
    index('attempts_open').on(table.updatedAt).where(sql`${table.state} in ('reserved', 'dialing')`),
    check('attempts_state', sql`${table.state} in ('reserved', 'dialing', 'ended', 'withdrawn')`),
    check(
      'attempts_dialed',
      sql`${table.state} not in ('dialing', 'ended') or ${table.dialedAt} is not null`,
    ),
    check('attempts_withdrawn', sql`${table.state} <> 'withdrawn' or ${table.dialedAt} is null`),
    check('attempts_number', sql`${table.number} >= 1`),
  ],
);

/**
 * reserved: nothing has rung. dialing: the INVITE may have left. ended: with an outcome. withdrawn: a rule, a pause or
 * a limit came in between and nothing has rung.
 */
export type AttemptState = 'reserved' | 'dialing' | 'ended' | 'withdrawn';
