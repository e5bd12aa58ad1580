import { integer, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core';
import { contactLists } from './contact-lists.ts';

/** A row of an uploaded list that did not become a contact, and why. */
export const contactListErrors = pgTable(
  'contact_list_errors',
  {
    listId: uuid('list_id')
      .notNull()
      .references(() => contactLists.id, { onDelete: 'cascade' }),
    /** As a spreadsheet counts: the header is row 1. */
    row: integer('row').notNull(),
    /** One word for programs: core/contacts/import/row-error.ts. */
    code: text('code').notNull(),
    /** For people. */
    reason: text('reason').notNull(),
    /** The cells of the row, so that it can be mended and sent again; cut where they are longer than a cell may be. */
    cells: text('cells').array().notNull(),
  },
  (table) => [primaryKey({ columns: [table.listId, table.row] })],
);
