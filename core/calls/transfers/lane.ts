import { eq } from 'drizzle-orm';
import { z } from 'zod';
import { callTransfers } from '../../../db/schema/call-transfers.ts';
import { calls } from '../../../db/schema/calls.ts';
import { operation } from '../../operation.ts';
import { laneOf, type TrunkLane } from '../trunk-lane.ts';
import { trunkFor } from './route.ts';

/** Over which trunk a transfer is about to ring; null: over none, or it does not ring (any more). */
export const transferLane = operation({
  name: 'transfer.lane',
  scope: 'system',
  input: z.object({ transferId: z.uuid() }),
  reads: true,
  run: async (ctx, { transferId }): Promise<TrunkLane | null> => {
    const [found] = await ctx.db
      .select({ transfer: callTransfers, call: calls })
      .from(callTransfers)
      .innerJoin(calls, eq(calls.id, callTransfers.callId))
      .where(eq(callTransfers.id, transferId));
    if (found?.transfer.status !== 'calling' || found.transfer.dialedAt !== null) return null;
    const { workspaceId } = found.call;
    const trunk = (await trunkFor(ctx, found.call, found.transfer.toNumber))?.trunk ?? null;
    return trunk === null ? null : laneOf(ctx, workspaceId, trunk);
  },
});
