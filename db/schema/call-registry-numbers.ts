import { bigint, integer, pgTable, primaryKey, uuid } from 'drizzle-orm/pg-core';

/** Tens of millions of rows: nothing but the number. */
export const callRegistryNumbers = pgTable(
  'call_registry_numbers',
  {
    registryId: uuid('registry_id').notNull(),
    version: integer('version').notNull(),
    /** The digits of the E.164 number. */
    phone: bigint('phone', { mode: 'number' }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.registryId, table.version, table.phone] })],
);
