import { and, eq, inArray, isNotNull, sql } from 'drizzle-orm';
import { z } from 'zod';
import { packetCaptures } from '../../db/schema/packet-captures.ts';
import { workspaces } from '../../db/schema/workspaces.ts';
import { operation } from '../operation.ts';

/** Deletes captures beyond the retention of their workspace's recordings, rows now and bytes by a job. */
export const expireCaptures = operation({
  name: 'capture.expire',
  scope: 'system',
  input: z.object({}),
  audit: (_input, count: number) => (count === 0 ? {} : { target: 'captures', details: { count } }),
  run: async (ctx): Promise<number> => {
    const due = await ctx.db
      .select({ id: packetCaptures.id, key: packetCaptures.blobKey })
      .from(packetCaptures)
      .innerJoin(workspaces, eq(workspaces.id, packetCaptures.workspaceId))
      .where(
        and(
          isNotNull(packetCaptures.settledAt),
          sql`${packetCaptures.settledAt} <= now() - ${workspaces.recordingRetentionDays} * interval '1 day'`,
        ),
      )
      .limit(100);
    if (due.length === 0) return 0;
    await ctx.db.delete(packetCaptures).where(
      inArray(
        packetCaptures.id,
        due.map(({ id }) => id),
      ),
    );
    const keys = due.flatMap(({ key }) => key ?? []);
    if (keys.length > 0) await ctx.emit('remove-blobs', { keys });
    return due.length;
  },
});
