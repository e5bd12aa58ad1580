import { asc, eq } from 'drizzle-orm';
import { recordingPieces } from '../../db/schema/recording-pieces.ts';
import { recordings } from '../../db/schema/recordings.ts';
import type { OperationContext } from '../context.ts';
import { notFound } from '../errors.ts';
import type { Piece } from './layout.ts';

export type Recording = typeof recordings.$inferSelect;

/** The recording of a call of any workspace: whoever asks has been let in to the call. */
export async function recordingOf(ctx: OperationContext, callId: string): Promise<Recording> {
  const recording = await lookForRecording(ctx, callId);
  if (recording === null) throw notFound('Recording');
  return recording;
}

/** The same, null when the call was not recorded. */
export async function lookForRecording(ctx: OperationContext, callId: string): Promise<Recording | null> {
  const [recording] = await ctx.db.select().from(recordings).where(eq(recordings.callId, callId));
  return recording ?? null;
}

export const piecesOf = async (ctx: OperationContext, recordingId: string): Promise<Piece[]> =>
  ctx.db
    .select()
    .from(recordingPieces)
    .where(eq(recordingPieces.recordingId, recordingId))
    .orderBy(asc(recordingPieces.epoch), asc(recordingPieces.seq));

/** When a recording of that time is to be deleted. Null: never. */
export const expiryOf = (startedAt: Date, retentionDays: number | null): Date | null =>
  retentionDays === null ? null : new Date(startedAt.getTime() + retentionDays * 86_400_000);
