import { sql } from 'drizzle-orm';
import { check, pgTable, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core';
import { createdAt, id, updatedAt } from './columns.ts';
import { workspaces } from './workspaces.ts';

/** A workspace's account at a carrier: numbers are searched and bought with it. */
export const carrierAccounts = pgTable(
  'carrier_accounts',
  {
    id: id(),
    workspaceId: uuid('workspace_id')
      .notNull()
      .references(() => workspaces.id, { onDelete: 'cascade' }),
    carrier: text('carrier').$type<'twilio' | 'telnyx' | 'vonage'>().notNull(),
    /** core/carriers/account.ts as JSON, sealed. */
    sealed: text('sealed').notNull(),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (table) => [
    uniqueIndex('carrier_accounts_carrier').on(table.workspaceId, table.carrier),
    check('carrier_accounts_name', sql`${table.carrier} in ('twilio', 'telnyx', 'vonage')`),
  ],
);
