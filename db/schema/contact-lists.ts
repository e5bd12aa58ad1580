import { sql } from 'drizzle-orm';
import { bigint, check, index, integer, jsonb, pgTable, text, uuid } from 'drizzle-orm/pg-core';
import { campaigns } from './campaigns.ts';
import { createdAt, id, moment, updatedAt } from './columns.ts';
import { users } from './users.ts';
import { workspaces } from './workspaces.ts';

/**
 * An uploaded CSV file on its way to contacts. Its bytes are in the blob store until they are imported; how far the
 * import is stands here, written in the transaction that writes the contacts, so it goes on exactly where it stopped.
 */
export const contactLists = pgTable(
  'contact_lists',
  {
    id: id(),
    workspaceId: uuid('workspace_id')
      .notNull()
      .references(() => workspaces.id, { onDelete: 'cascade' }),
    campaignId: uuid('campaign_id')
      .notNull()
      .references(() => campaigns.id, { onDelete: 'cascade' }),
    name: text('name').notNull(),
    fileName: text('file_name').notNull(),
    state: text('state').$type<ContactListState>().notNull().default('receiving'),
    /** Why it failed or broke off, in words for whoever uploaded it. */
    error: text('error'),
    /** The pieces that have come, in order: more than one when the connection broke and the rest came later. */
    parts: jsonb('parts').$type<readonly UploadPart[]>().notNull().default([]),
    receivedBytes: bigint('received_bytes', { mode: 'number' }).notNull().default(0),
    encoding: text('encoding').$type<'utf-8' | 'utf-16le' | 'utf-16be' | 'windows-1252'>(),
    delimiter: text('delimiter'),
    /** The header row, as it stands in the file. */
    columns: text('columns').array().notNull().default([]),
    /**
     * core/contacts/import/mapping.ts: which column is what; null until somebody has said so, or the header is clear.
     */
    mapping: jsonb('mapping').$type<unknown>(),
    /** ISO 3166 of numbers that are written without one. */
    defaultCountry: text('default_country'),
    duplicatesInList: text('duplicates_in_list').$type<'skip' | 'keep'>().notNull().default('skip'),
    /** Numbers that the campaign, or any campaign of the workspace, has already. */
    duplicatesAcross: text('duplicates_across')
      .$type<'keep' | 'skip_campaign' | 'skip_workspace'>()
      .notNull()
      .default('skip_campaign'),
    /** Goes up with every start and retry; a job for an older one does nothing. */
    run: integer('run').notNull().default(0),
    /** Records after the header that are dealt with: where a retry goes on. */
    rowsDone: integer('rows_done').notNull().default(0),
    /** Bytes of the file that have been read, for the progress bar. */
    bytesDone: bigint('bytes_done', { mode: 'number' }).notNull().default(0),
    rowsImported: integer('rows_imported').notNull().default(0),
    /** Of the imported, those that no rule will ever let be dialed (state `blocked`). */
    rowsBlocked: integer('rows_blocked').notNull().default(0),
    rowsFailed: integer('rows_failed').notNull().default(0),
    rowsDuplicate: integer('rows_duplicate').notNull().default(0),
    createdBy: uuid('created_by').references(() => users.id, { onDelete: 'set null' }),
    startedAt: moment('started_at'),
    finishedAt: moment('finished_at'),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (table) => [
    index('contact_lists_campaign').on(table.campaignId, table.createdAt),
    index('contact_lists_unfinished')
      .on(table.updatedAt)
      .where(sql`${table.state} in ('receiving', 'queued', 'importing')`),
    check(
      'contact_lists_state',
      sql`${table.state} in ('receiving', 'broken', 'received', 'queued', 'importing', 'failed', 'done')`,
    ),
    check('contact_lists_in_list', sql`${table.duplicatesInList} in ('skip', 'keep')`),
    check(
      'contact_lists_across',
      sql`${table.duplicatesAcross} in ('keep', 'skip_campaign', 'skip_workspace')`,
    ),
  ],
);

/**
 * receiving → received → queued → importing → done. `broken`: the connection ended before the file did, the rest may
 * be sent. `received` waits for a mapping or a start. `failed` says why, and can be tried again.
 */
export type ContactListState =
  | 'receiving'
  | 'broken'
  | 'received'
  | 'queued'
  | 'importing'
  | 'failed'
  | 'done';

export interface UploadPart {
  readonly blobKey: string;
  readonly sizeBytes: number;
}
