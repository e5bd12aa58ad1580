import { sql } from 'drizzle-orm';
import { index, integer, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core';
import { calls } from './calls.ts';
import { moment } from './columns.ts';

/**
 * Where the milliseconds of each measured agent turn went, one row beside its `agent.turn` event: typed, and with what
 * reports are asked by, so that percentiles over a million turns need no join and no JSON.
 */
export const turnLatencies = pgTable(
  'turn_latencies',
  {
    callId: uuid('call_id')
      .notNull()
      .references(() => calls.id, { onDelete: 'cascade' }),
    epoch: integer('epoch').notNull(),
    seq: integer('seq').notNull(),
    workspaceId: uuid('workspace_id').notNull(),
    agentId: uuid('agent_id').notNull(),
    /** The number, and with it the trunk; null: a web call. */
    phoneNumberId: uuid('phone_number_id'),
    sttProvider: text('stt_provider').notNull(),
    llmProvider: text('llm_provider').notNull(),
    ttsProvider: text('tts_provider').notNull(),
    at: moment('at').notNull(),
    /** core/calls/events.ts says what each is. */
    totalMs: integer('total_ms'),
    transcriptionMs: integer('transcription_ms'),
    endOfTurnMs: integer('end_of_turn_ms'),
    llmFirstTokenMs: integer('llm_first_token_ms'),
    ttsFirstByteMs: integer('tts_first_byte_ms'),
  },
  (table) => [
    primaryKey({ columns: [table.callId, table.epoch, table.seq] }),
    index('turn_latencies_time').on(table.workspaceId, table.at),
    index('turn_latencies_agent').on(table.workspaceId, table.agentId, table.at),
    index('turn_latencies_worst')
      .on(table.workspaceId, table.totalMs.desc())
      .where(sql`${table.totalMs} is not null`),
  ],
);
