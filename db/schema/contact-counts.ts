import { bigint, index, pgTable, smallint, text, uuid } from 'drizzle-orm/pg-core';
import type { ContactState } from './contacts.ts';

/**
 * How many contacts of a campaign are in which state under which window key and priority: the sum of `delta`. Triggers
 * of the migration add a row for every statement that changes contacts, so the sums cannot drift and no transaction
 * waits for another; core/contacts/counts.ts folds the rows of a campaign into one for each of these.
 */
export const contactCounts = pgTable(
  'contact_counts',
  {
    campaignId: uuid('campaign_id').notNull(),
    windowKey: text('window_key').notNull(),
    priority: smallint('priority').notNull(),
    state: text('state').$type<ContactState>().notNull(),
    delta: bigint('delta', { mode: 'number' }).notNull(),
  },
  (table) => [index('contact_counts_campaign').on(table.campaignId)],
);
