import { sql } from 'drizzle-orm';
import { check, index, integer, pgTable, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core';
import { calls } from './calls.ts';
import { createdAt, id, moment, updatedAt } from './columns.ts';
import { workspaces } from './workspaces.ts';

/** Somebody who is dialed into the room of a call, to take the caller over or to join in. */
export const callTransfers = pgTable(
  'call_transfers',
  {
    id: id(),
    workspaceId: uuid('workspace_id')
      .notNull()
      .references(() => workspaces.id, { onDelete: 'cascade' }),
    callId: uuid('call_id')
      .notNull()
      .references(() => calls.id, { onDelete: 'cascade' }),
    /** The worker incarnation that asked. */
    epoch: integer('epoch').notNull(),
    /** One use of a tool or one command makes one row, however often it is asked for. */
    requestKey: text('request_key').notNull(),
    mode: text('mode').$type<TransferMode>().notNull(),
    /** core/calls/transfers/state.ts has the machine. */
    status: text('status').$type<TransferStatus>().notNull().default('calling'),
    targetName: text('target_name').notNull(),
    /** An E.164 number or a SIP URI. */
    toNumber: text('to_number').notNull(),
    /** Why it ended, in words. */
    detail: text('detail').notNull().default(''),
    sipStatus: integer('sip_status'),
    /**
     * Whose line it takes (core/numbers/trunk-key.ts), from when it is dialed. Null: none, it goes to a SIP address.
     */
    trunk: text('trunk'),
    /** Set before the INVITE leaves; it leaves once. */
    dialedAt: moment('dialed_at'),
    answeredAt: moment('answered_at'),
    settledAt: moment('settled_at'),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (table) => [
    uniqueIndex('call_transfers_request').on(table.callId, table.requestKey),
    uniqueIndex('call_transfers_open').on(table.callId).where(sql`${table.settledAt} is null`),
    index('call_transfers_workspace').on(table.workspaceId, table.createdAt.desc().nullsFirst()),
    check('call_transfers_mode', sql`${table.mode} in ('warm', 'bridge', 'conference')`),
    check(
      'call_transfers_status',
      sql`${table.status} in ('calling', 'briefing', 'accepted', 'joined', 'declined', 'no_answer', 'busy', 'voicemail', 'failed', 'cancelled')`,
    ),
    check(
      'call_transfers_settled',
      sql`(${table.settledAt} is null) = (${table.status} in ('calling', 'briefing', 'accepted'))`,
    ),
  ],
);

/** warm: with a briefing, then the agent leaves. bridge: connected as soon as answered. conference: the agent stays. */
export type TransferMode = 'warm' | 'bridge' | 'conference';
export type TransferStatus =
  | ('calling' | 'briefing' | 'accepted' | 'joined' | 'declined')
  | ('no_answer' | 'busy' | 'voicemail' | 'failed' | 'cancelled');
