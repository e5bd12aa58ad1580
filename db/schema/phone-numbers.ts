import { sql } from 'drizzle-orm';
import { boolean, check, index, pgTable, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core';
import { agents } from './agents.ts';
import { createdAt, id, moment, updatedAt } from './columns.ts';
import { workspaces } from './workspaces.ts';

/** A number and the SIP trunk it lives on. jobs/ keeps LiveKit's trunks and dispatch rule in step with this row. */
export const phoneNumbers = pgTable(
  'phone_numbers',
  {
    id: id(),
    workspaceId: uuid('workspace_id')
      .notNull()
      .references(() => workspaces.id, { onDelete: 'cascade' }),
    e164: text('e164').notNull(),
    label: text('label').notNull().default(''),
    provider: text('provider').notNull().default('custom'),
    email: text('email').notNull().default(''),
    /** host or host:port of the carrier or PBX; where outbound calls go. */
    sipAddress: text('sip_address').notNull(),
    transport: text('transport').$type<'auto' | 'udp' | 'tcp' | 'tls'>().notNull().default('auto'),
    authUsername: text('auth_username').notNull().default(''),
    authPasswordSealed: text('auth_password_sealed'),
    /** IPs or CIDRs that may call in; empty: those of sipAddress, or any when credentials are set. */
    allowedAddresses: text('allowed_addresses').array().notNull().default([]),
    krispEnabled: boolean('krisp_enabled').notNull().default(false),
    agentId: uuid('agent_id').references(() => agents.id, { onDelete: 'set null' }),
    inboundTrunkId: text('inbound_trunk_id'),
    outboundTrunkId: text('outbound_trunk_id'),
    dispatchRuleId: text('dispatch_rule_id'),
    syncState: text('sync_state').$type<'pending' | 'synced' | 'failed'>().notNull().default('pending'),
    syncError: text('sync_error'),
    syncedAt: moment('synced_at'),
    /** Where it was bought, and its id there; null: it came with a trunk of the workspace's own. */
    carrier: text('carrier').$type<'local' | 'twilio' | 'telnyx' | 'vonage'>(),
    carrierNumberId: text('carrier_number_id'),
    /** ordering: the carrier has been asked and has not answered yet. */
    orderState: text('order_state').$type<'ordering' | 'owned'>(),
    /** What the last OPTIONS to its trunk came to, in words. */
    testedAt: moment('tested_at'),
    testOutcome: text('test_outcome').$type<'answered' | 'refused' | 'silent'>(),
    testDetail: text('test_detail'),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (table) => [
    uniqueIndex('phone_numbers_e164').on(table.e164),
    index('phone_numbers_workspace').on(table.workspaceId, table.createdAt),
    index('phone_numbers_agent').on(table.agentId),
    check('phone_numbers_e164_form', sql`${table.e164} ~ '^[+][1-9][0-9]{1,14}$'`),
    check('phone_numbers_transport', sql`${table.transport} in ('auto', 'udp', 'tcp', 'tls')`),
    check('phone_numbers_order', sql`(${table.orderState} is null) = (${table.carrier} is null)`),
    check('phone_numbers_sync_state', sql`${table.syncState} in ('pending', 'synced', 'failed')`),
  ],
);
