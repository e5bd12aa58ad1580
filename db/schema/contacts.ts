import { sql } from 'drizzle-orm';
import { check, index, integer, jsonb, pgTable, smallint, text, uuid } from 'drizzle-orm/pg-core';
import { createdAt, id, moment } from './columns.ts';

/**
 * A person in a campaign. Millions of rows, written by COPY: no foreign key, few indexes, and the numbers of contacts
 * by state are kept in contact_counts by triggers of the migration.
 *
 * The next ones to dial are found by index contacts_due without touching anybody else: for each window key whose
 * window is open (there are few; contact_counts lists them) and each priority, `next_attempt_at <= now` in order. A
 * contact whose window is shut is never looked at, however many there are.
 */
export const contacts = pgTable(
  'contacts',
  {
    id: id(),
    workspaceId: uuid('workspace_id').notNull(),
    /**
     * A trigger of the migration removes the contacts of a deleted campaign; a foreign key would cost a third of an
     * import.
     */
    campaignId: uuid('campaign_id').notNull(),
    /** The upload that brought it; null: added by itself. */
    listId: uuid('list_id'),
    /** Row of that upload, as a spreadsheet counts. */
    row: integer('row'),
    phone: text('phone').notNull(),
    /** ISO 3166 of the number. */
    country: text('country'),
    /** What the list says about where the person is: a zone of the IANA database, a state, a postal code. */
    givenZone: text('given_zone'),
    givenState: text('given_state'),
    givenZip: text('given_zip'),
    /**
     * Where the person may be: every jurisdiction and zone. Contacts of one key share them, and with them the window.
     * Read by placeOfKey (core/campaigns/rules/places/locate.ts); without a zone nobody dials.
     */
    windowKey: text('window_key').notNull(),
    variables: jsonb('variables').$type<Record<string, string>>().notNull().default({}),
    consent: text('consent').$type<Consent>().notNull().default('unknown'),
    /** Where, when and how it was given, as the list says. */
    consentEvidence: text('consent_evidence'),
    /** 0 to 9, higher first. */
    priority: smallint('priority').notNull().default(5),
    state: text('state').$type<ContactState>().notNull().default('waiting'),
    /** Why it is blocked: a reason of core/campaigns/rules/judge-contact.ts. */
    blockedReason: text('blocked_reason'),
    /** Not before. */
    nextAttemptAt: moment('next_attempt_at').notNull().default(sql`now()`),
    /** The contact asked to be called then; null: nothing was agreed. */
    callBackAt: moment('call_back_at'),
    /** When it was taken for an attempt that is not over; null in every other state. */
    reservedAt: moment('reserved_at'),
    attempts: smallint('attempts').notNull().default(0),
    lastAttemptAt: moment('last_attempt_at'),
    lastOutcome: text('last_outcome'),
    createdAt: createdAt(),
  },
  (table) => [
    index('contacts_due')
      .on(table.campaignId, table.windowKey, table.priority, table.nextAttemptAt)
      .where(sql`${table.state} = 'waiting'`),
    /** An opt-out finds every campaign of the person by it, an import its duplicates. */
    index('contacts_phone').on(table.workspaceId, table.phone),
    /** A change of the rules finds whom they had blocked by it. */
    index('contacts_blocked')
      .on(table.campaignId, table.blockedReason, table.id)
      .where(sql`${table.state} = 'blocked'`),
    /** And whom their attempts had. */
    index('contacts_exhausted').on(table.campaignId, table.id).where(sql`${table.state} = 'exhausted'`),
    index('contacts_taken').on(table.reservedAt).where(sql`${table.state} in ('reserved', 'dialing')`),
    /** One look for each row: what an import writes meets the first line. */
    check(
      'contacts_state',
      sql`case when ${table.state} in ('waiting', 'done', 'exhausted', 'canceled') then ${table.blockedReason} is null and ${table.reservedAt} is null
        when ${table.state} in ('reserved', 'dialing') then ${table.blockedReason} is null and ${table.reservedAt} is not null
        when ${table.state} = 'blocked' then ${table.blockedReason} is not null and ${table.reservedAt} is null
        else false end`,
    ),
    check('contacts_consent', sql`${table.consent} in ('unknown', 'express', 'written', 'denied')`),
    check('contacts_priority', sql`${table.priority} between 0 and 9`),
  ],
);

/**
 * waiting: dialed when due and allowed. reserved: taken by the tick, its attempt exists. dialing: its call is on the
 * way or going on. done: reached. exhausted: every attempt the policy allows was made. blocked: a rule forbids it for
 * good. canceled: taken out by an operator.
 */
export type ContactState = 'waiting' | 'reserved' | 'dialing' | 'done' | 'exhausted' | 'blocked' | 'canceled';

/** express: may be called about what they asked for. written: and for marketing. denied: they said no. */
export type Consent = 'unknown' | 'express' | 'written' | 'denied';
