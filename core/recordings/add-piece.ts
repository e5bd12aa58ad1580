import { eq } from 'drizzle-orm';
import { z } from 'zod';
import { recordingPieces } from '../../db/schema/recording-pieces.ts';
import { recordings } from '../../db/schema/recordings.ts';
import { invalid } from '../errors.ts';
import { operation } from '../operation.ts';
import { beginRecording } from './begin.ts';
import { layoutOf } from './layout.ts';
import { isAllHere } from './missing.ts';
import { expiryOf, piecesOf } from './recording.ts';

const input = z.object({
  callId: z.uuid(),
  epoch: z.number().int().min(1),
  seq: z.number().int().min(1),
  stretchStartedAt: z.date(),
  offsetSamples: z.number().int().min(0),
  isLast: z.boolean(),
  blobKey: z.string(),
  sizeBytes: z.number().int(),
  samples: z.number().int().min(0),
  sampleRate: z.number().int().min(8_000).max(48_000),
});

/** Enters a stored piece. A piece that is there already changes nothing, except that it may turn out to be the last. */
export const addPiece = operation({
  name: 'recording.add_piece',
  scope: 'system',
  input,
  run: async (ctx, { callId, sampleRate, ...piece }): Promise<void> => {
    const { recording, retentionDays } = await beginRecording(ctx, {
      ...{ callId, sampleRate, startedAt: piece.stretchStartedAt },
    });
    if (recording.sampleRate !== sampleRate)
      throw invalid('sampleRate', `must be ${recording.sampleRate} as in the pieces before it`);
    await ctx.db
      .insert(recordingPieces)
      .values({ ...piece, recordingId: recording.id })
      .onConflictDoUpdate({
        target: [recordingPieces.recordingId, recordingPieces.epoch, recordingPieces.seq],
        set: { isLast: piece.isLast },
      });
    const pieces = await piecesOf(ctx, recording.id);
    const { startedAt, samples } = layoutOf(pieces, sampleRate);
    await ctx.db
      .update(recordings)
      .set({
        state: isAllHere([], pieces) ? 'complete' : 'recording',
        ...(samples > 0 ? { startedAt, expiresAt: expiryOf(startedAt, retentionDays) } : {}),
        durationMs: Math.round((samples / sampleRate) * 1_000),
        sizeBytes: pieces.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
      })
      .where(eq(recordings.id, recording.id));
  },
});
