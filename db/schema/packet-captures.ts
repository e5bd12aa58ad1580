import { sql } from 'drizzle-orm';
import { check, index, integer, pgTable, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core';
import { calls } from './calls.ts';
import { createdAt, id, moment, updatedAt } from './columns.ts';
import { phoneNumbers } from './phone-numbers.ts';
import { workspaces } from './workspaces.ts';

/** The SIP and RTP packets of one call, for diagnosis: asked for by an admin, of the next call of a number. */
export const packetCaptures = pgTable(
  'packet_captures',
  {
    id: id(),
    workspaceId: uuid('workspace_id')
      .notNull()
      .references(() => workspaces.id, { onDelete: 'cascade' }),
    phoneNumberId: uuid('phone_number_id')
      .notNull()
      .references(() => phoneNumbers.id, { onDelete: 'cascade' }),
    /** Known when it is ready; null: no call of ours had its Call-ID. */
    callId: uuid('call_id').references(() => calls.id, { onDelete: 'set null' }),
    state: text('state').$type<CaptureState>().notNull().default('asked'),
    /** Why it failed, or was cut; in words. */
    detail: text('detail').notNull().default(''),
    sipCallId: text('sip_call_id'),
    blobKey: text('blob_key'),
    sizeBytes: integer('size_bytes').notNull().default(0),
    settledAt: moment('settled_at'),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (table) => [
    uniqueIndex('packet_captures_open').on(table.phoneNumberId).where(sql`${table.settledAt} is null`),
    index('packet_captures_number').on(table.phoneNumberId, table.createdAt),
    check(
      'packet_captures_state',
      sql`${table.state} in ('asked', 'starting', 'waiting', 'ready', 'failed')`,
    ),
    check(
      'packet_captures_settled',
      sql`(${table.settledAt} is null) = (${table.state} in ('asked', 'starting', 'waiting'))`,
    ),
  ],
);

/** waiting: the program listens for the call. */
export type CaptureState = 'asked' | 'starting' | 'waiting' | 'ready' | 'failed';
