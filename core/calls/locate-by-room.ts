import { eq } from 'drizzle-orm';
import { z } from 'zod';
import { calls } from '../../db/schema/calls.ts';
import { operation } from '../operation.ts';
import type { Call } from './call.ts';

/** The call that takes place in a LiveKit room; null for rooms that are none of ours. For our own processes. */
export const locateCallByRoom = operation({
  name: 'call.locate_by_room',
  scope: 'system',
  input: z.object({ roomName: z.string() }),
  reads: true,
  run: async (ctx, { roomName }): Promise<Pick<Call, 'id' | 'status' | 'epoch' | 'bridgedAt'> | null> => {
    const { id, status, epoch, bridgedAt } = calls;
    const [call] = await ctx.db
      .select({ id, status, epoch, bridgedAt })
      .from(calls)
      .where(eq(calls.roomName, roomName));
    return call ?? null;
  },
});
