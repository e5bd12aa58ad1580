import { sql } from 'drizzle-orm';
import { check, index, pgTable, text, uuid } from 'drizzle-orm/pg-core';
import { createdAt, id, moment, updatedAt } from './columns.ts';
import { workspaces } from './workspaces.ts';

/** Mail of the product to people: links to confirm, to reset, to join. */
export const emails = pgTable(
  'emails',
  {
    id: id(),
    /** Whose outbox shows it; null: only a superuser's. */
    workspaceId: uuid('workspace_id').references(() => workspaces.id, { onDelete: 'cascade' }),
    toAddress: text('to_address').notNull(),
    subject: text('subject').notNull(),
    /** Sealed, because there are links in it that open accounts; gone as soon as the mail is sent. */
    sealedText: text('sealed_text'),
    status: text('status').$type<EmailStatus>().notNull().default('queued'),
    /** Why it was not sent, in words. */
    error: text('error'),
    sentAt: moment('sent_at'),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (table) => [
    index('emails_workspace').on(table.workspaceId, table.createdAt.desc().nullsFirst()),
    check('emails_status', sql`${table.status} in ('queued', 'sending', 'sent', 'failed', 'held')`),
  ],
);

/** sending: the mail server has been asked and the answer is not in. held: no mail server is configured. */
export type EmailStatus = 'queued' | 'sending' | 'sent' | 'failed' | 'held';
