import { inArray } from 'drizzle-orm';
import { z } from 'zod';
import { calls } from '../../db/schema/calls.ts';
import { operation } from '../operation.ts';

/**
 * The calls that take place in some LiveKit rooms, in no order; rooms without a call are left out. For our own
 * processes.
 */
export const listCallsOfRooms = operation({
  name: 'call.list_of_rooms',
  scope: 'system',
  input: z.object({ roomNames: z.array(z.string()) }),
  reads: true,
  run: (ctx, { roomNames }) => ctx.db.select().from(calls).where(inArray(calls.roomName, roomNames)),
});
