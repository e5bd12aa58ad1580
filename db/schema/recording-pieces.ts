import { sql } from 'drizzle-orm';
import { bigint, boolean, check, integer, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core';
import { moment } from './columns.ts';
import { recordings } from './recordings.ts';

/** About a minute of a recording as one WAV blob. A pause and the loss of a worker begin a new stretch. */
export const recordingPieces = pgTable(
  'recording_pieces',
  {
    recordingId: uuid('recording_id')
      .notNull()
      .references(() => recordings.id, { onDelete: 'cascade' }),
    /** The worker incarnation that recorded it, and its number there, from 1. */
    epoch: integer('epoch').notNull(),
    seq: integer('seq').notNull(),
    /**
     * When the stretch began, and how many samples of it come before this piece: sample-exact where nothing is missing.
     */
    stretchStartedAt: moment('stretch_started_at').notNull(),
    offsetSamples: bigint('offset_samples', { mode: 'number' }).notNull(),
    /** Of each channel. */
    samples: integer('samples').notNull(),
    sizeBytes: integer('size_bytes').notNull(),
    blobKey: text('blob_key').notNull(),
    /** The worker recorded nothing after it. */
    isLast: boolean('is_last').notNull().default(false),
  },
  (table) => [
    primaryKey({ columns: [table.recordingId, table.epoch, table.seq] }),
    check(
      'recording_pieces_numbers',
      sql`${table.epoch} >= 1 and ${table.seq} >= 1 and ${table.samples} >= 0`,
    ),
  ],
);
