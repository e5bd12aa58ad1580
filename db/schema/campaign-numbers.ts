import { index, pgTable, primaryKey, uuid } from 'drizzle-orm/pg-core';
import { campaigns } from './campaigns.ts';
import { phoneNumbers } from './phone-numbers.ts';

/** The caller IDs of a campaign, and with them its trunks. A number in use cannot be deleted. */
export const campaignNumbers = pgTable(
  'campaign_numbers',
  {
    campaignId: uuid('campaign_id')
      .notNull()
      .references(() => campaigns.id, { onDelete: 'cascade' }),
    phoneNumberId: uuid('phone_number_id')
      .notNull()
      .references(() => phoneNumbers.id, { onDelete: 'restrict' }),
  },
  (table) => [
    primaryKey({ columns: [table.campaignId, table.phoneNumberId] }),
    index('campaign_numbers_number').on(table.phoneNumberId),
  ],
);
