import { eq } from 'drizzle-orm';
import { z } from 'zod';
import { calls } from '../../db/schema/calls.ts';
import { notFound } from '../errors.ts';
import { operation } from '../operation.ts';
import type { Call } from './call.ts';

/** Where a call takes place and how far it is, whatever its workspace and state: for our own processes. */
export const locateCall = operation({
  name: 'call.locate',
  scope: 'system',
  input: z.object({ callId: z.uuid() }),
  reads: true,
  run: async (
    ctx,
    { callId },
  ): Promise<Pick<Call, 'id' | 'workspaceId' | 'roomName' | 'status' | 'epoch'>> => {
    const { id, workspaceId, roomName, status, epoch } = calls;
    const [call] = await ctx.db
      .select({ id, workspaceId, roomName, status, epoch })
      .from(calls)
      .where(eq(calls.id, callId));
    if (!call) throw notFound('Call');
    return call;
  },
});
