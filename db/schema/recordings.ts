import { sql } from 'drizzle-orm';
import { check, index, integer, pgTable, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core';
import { calls } from './calls.ts';
import { bigBytes, createdAt, id, moment, updatedAt } from './columns.ts';
import { workspaces } from './workspaces.ts';

/** The sound of one call. Its audio is in the pieces of recording_pieces; what lies between them is silence. */
export const recordings = pgTable(
  'recordings',
  {
    id: id(),
    workspaceId: uuid('workspace_id')
      .notNull()
      .references(() => workspaces.id, { onDelete: 'cascade' }),
    callId: uuid('call_id')
      .notNull()
      .references(() => calls.id, { onDelete: 'cascade' }),
    /** complete: the last piece of every worker that had the call is there. */
    state: text('state').$type<'recording' | 'complete'>().notNull().default('recording'),
    /** Left channel first. */
    layout: text('layout').$type<'caller_agent'>().notNull().default('caller_agent'),
    sampleRate: integer('sample_rate').notNull(),
    /** When its first sample was heard. */
    startedAt: moment('started_at').notNull(),
    /** From the first sample to the last, pauses included. */
    durationMs: integer('duration_ms').notNull().default(0),
    /** Of the pieces as they are stored. */
    sizeBytes: bigBytes('size_bytes').notNull().default(0),
    /** Null: kept until somebody sets a retention. */
    expiresAt: moment('expires_at'),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (table) => [
    uniqueIndex('recordings_call').on(table.callId),
    index('recordings_workspace').on(table.workspaceId, table.startedAt),
    index('recordings_expiry').on(table.expiresAt).where(sql`${table.expiresAt} is not null`),
    check('recordings_state', sql`${table.state} in ('recording', 'complete')`),
    check('recordings_rate', sql`${table.sampleRate} between 8000 and 48000`),
  ],
);
