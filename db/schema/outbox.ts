import { sql } from 'drizzle-orm';
import { bigserial, index, integer, jsonb, pgTable, text } from 'drizzle-orm/pg-core';
import { createdAt, moment } from './columns.ts';

/**
 * Messages written with the change that caused them; jobs/outbox.ts hands them to BullMQ.
 * A trigger of the migration notifies channel `outbox` on every insert.
 */
export const outbox = pgTable(
  'outbox',
  {
    id: bigserial('id', { mode: 'number' }).primaryKey(),
    name: text('name').notNull(),
    payload: jsonb('payload').$type<unknown>().notNull(),
    /** BullMQ job id, where the same message must not run twice at once. */
    key: text('key'),
    delayMs: integer('delay_ms').notNull().default(0),
    createdAt: createdAt(),
    sentAt: moment('sent_at'),
  },
  (table) => [
    index('outbox_unsent').on(table.id).where(sql`${table.sentAt} is null`),
    index('outbox_sent').on(table.sentAt).where(sql`${table.sentAt} is not null`),
  ],
);
