import { sql } from 'drizzle-orm';
import {
  bigint,
  boolean,
  check,
  index,
  integer,
  jsonb,
  pgTable,
  text,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core';
import { agentVersions } from './agent-versions.ts';
import { agents } from './agents.ts';
import { createdAt, id, moment, updatedAt } from './columns.ts';
import { phoneNumbers } from './phone-numbers.ts';
import { workspaces } from './workspaces.ts';

/**
 * One call: at most one INVITE (decision 4). The row of an outbound call is committed in state `dialing` before the
 * INVITE leaves, under a room and participant identity that follow from its id.
 */
export const calls = pgTable(
  'calls',
  {
    id: id(),
    workspaceId: uuid('workspace_id')
      .notNull()
      .references(() => workspaces.id, { onDelete: 'cascade' }),
    agentId: uuid('agent_id')
      .notNull()
      .references(() => agents.id),
    agentVersionId: uuid('agent_version_id')
      .notNull()
      .references(() => agentVersions.id),
    phoneNumberId: uuid('phone_number_id').references(() => phoneNumbers.id, { onDelete: 'set null' }),
    /**
     * The campaign or batch it belongs to; its attempt has the id of the call. No foreign key: the judge counts the
     * calls of a deleted campaign too.
     */
    campaignId: uuid('campaign_id'),
    channel: text('channel').$type<'phone' | 'web'>().notNull(),
    direction: text('direction').$type<'inbound' | 'outbound'>().notNull(),
    /** core/calls/state.ts has the machine. */
    status: text('status').$type<CallStatus>().notNull().default('queued'),
    roomName: text('room_name').notNull(),
    fromNumber: text('from_number'),
    toNumber: text('to_number'),
    /** Joins the calls and chats of one person (core/threads/). */
    threadId: text('thread_id'),
    /** Which agent talks after a hand-off; null: that of `agentVersionId`. */
    currentVersionId: uuid('current_version_id').references(() => agentVersions.id),
    variables: jsonb('variables').$type<Record<string, string>>().notNull().default({}),
    /** `{{name}}`s of the agent that had no value; each became empty. */
    missingVariables: text('missing_variables').array().notNull().default([]),
    /** The worker incarnation in charge, and how far its events have been applied without a gap. */
    epoch: integer('epoch').notNull().default(1),
    appliedSeq: integer('applied_seq').notNull().default(0),
    queuedAt: moment('queued_at').notNull().default(sql`now()`),
    dialedAt: moment('dialed_at'),
    answeredAt: moment('answered_at'),
    firstWordAt: moment('first_word_at'),
    /** The agent has put the caller through and left; the call goes on without it. */
    bridgedAt: moment('bridged_at'),
    /** The worker of a call that goes on without its agent is still there, to record it, and will say how it ended. */
    recorderStays: boolean('recorder_stays').notNull().default(false),
    endedAt: moment('ended_at'),
    finalizedAt: moment('finalized_at'),
    /** answered → ended. */
    durationMs: bigint('duration_ms', { mode: 'number' }),
    endReason: text('end_reason'),
    /** Somebody asked for the end of the call; it ends when the hang-up has happened. */
    endRequestedAt: moment('end_requested_at'),
    /** Why, in words, for the operator. */
    endDetail: text('end_detail'),
    disposition: text('disposition').$type<Disposition>(),
    /** How ringing ended, by the dial job; null: not (yet) dialed from here, or not decided. */
    dialOutcome: text('dial_outcome').$type<DialOutcome>(),
    sipStatus: integer('sip_status'),
    sipReason: text('sip_reason'),
    sipCallId: text('sip_call_id'),
    turnCount: integer('turn_count').notNull().default(0),
    /** What it cost, by the price table of the day (core/calls/prices.ts); null: not finalized, or older than that. */
    cost: jsonb('cost').$type<CallCost>(),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (table) => [
    uniqueIndex('calls_room').on(table.roomName),
    index('calls_workspace').on(
      table.workspaceId,
      table.createdAt.desc().nullsFirst(),
      table.id.desc().nullsFirst(),
    ),
    index('calls_agent').on(table.agentId, table.createdAt.desc().nullsFirst()),
    index('calls_workspace_agent').on(
      table.workspaceId,
      table.agentId,
      table.createdAt.desc().nullsFirst(),
      table.id.desc().nullsFirst(),
    ),
    index('calls_disposition').on(
      table.workspaceId,
      table.disposition,
      table.createdAt.desc().nullsFirst(),
      table.id.desc().nullsFirst(),
    ),
    index('calls_number').on(table.phoneNumberId),
    index('calls_campaign').on(table.campaignId, table.createdAt).where(sql`${table.campaignId} is not null`),
    index('calls_thread').on(table.workspaceId, table.threadId).where(sql`${table.threadId} is not null`),
    index('calls_open').on(table.status, table.updatedAt).where(sql`${table.finalizedAt} is null`),
    check('calls_channel', sql`${table.channel} in ('phone', 'web')`),
    check('calls_direction', sql`${table.direction} in ('inbound', 'outbound')`),
    check('calls_status', sql`${table.status} in ('queued', 'dialing', 'ringing', 'active', 'ended')`),
    check('calls_ended', sql`(${table.status} = 'ended') = (${table.endedAt} is not null)`),
    check('calls_finalized', sql`${table.finalizedAt} is null or ${table.disposition} is not null`),
  ],
);

/** Money in millionths of `currency`. */
export interface CallCost {
  /** Of the price table. */
  readonly version: string;
  readonly currency: string;
  /** Of the parts whose price is known. */
  readonly micros: number;
  /** False: a price or a quantity is not known, so `micros` is less than what it cost. */
  readonly isComplete: boolean;
  readonly parts: readonly CallCostPart[];
}

export interface CallCostPart {
  readonly stage: 'stt' | 'llm' | 'tts';
  /** Who is paid: a vendor, `local` for this machine, else the host of the server that did it. */
  readonly provider: string;
  readonly model: string;
  readonly unit: 'input_tokens' | 'cached_input_tokens' | 'output_tokens' | 'audio_ms' | 'characters';
  readonly quantity: number;
  /** Null: nobody here knows the price. */
  readonly micros: number | null;
}

export type CallStatus = 'queued' | 'dialing' | 'ringing' | 'active' | 'ended';

export type DialOutcome = 'answered' | 'busy' | 'no_answer' | 'rejected' | 'failed' | 'canceled' | 'unknown';

export const dispositions = [
  'completed',
  'no_answer',
  'busy',
  'rejected',
  'failed',
  'voicemail',
  'transferred',
  'abandoned',
  'canceled',
  'unknown',
] as const;
export type Disposition = (typeof dispositions)[number];
