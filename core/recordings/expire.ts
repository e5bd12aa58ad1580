import { inArray, lte } from 'drizzle-orm';
import { z } from 'zod';
import { recordingPieces } from '../../db/schema/recording-pieces.ts';
import { recordings } from '../../db/schema/recordings.ts';
import { operation } from '../operation.ts';

/** Recordings in one transaction; the sweep calls until none is left. */
const atOnce = 100;

/** Deletes recordings whose time is over, rows now and bytes by a job. Answers how many; call again until 0. */
export const expireRecordings = operation({
  name: 'recording.expire',
  scope: 'system',
  input: z.object({}),
  audit: (_input, count: number) => (count === 0 ? {} : { target: 'recordings', details: { count } }),
  run: async (ctx): Promise<number> => {
    const due = await ctx.db
      .select({ id: recordings.id })
      .from(recordings)
      .where(lte(recordings.expiresAt, new Date()))
      .orderBy(recordings.expiresAt)
      .limit(atOnce)
      .for('update', { skipLocked: true });
    const ids = due.map(({ id }) => id);
    if (ids.length === 0) return 0;
    const pieces = await ctx.db
      .select({ key: recordingPieces.blobKey })
      .from(recordingPieces)
      .where(inArray(recordingPieces.recordingId, ids));
    await ctx.db.delete(recordings).where(inArray(recordings.id, ids));
    if (pieces.length > 0) await ctx.emit('remove-blobs', { keys: pieces.map(({ key }) => key) });
    return ids.length;
  },
});
