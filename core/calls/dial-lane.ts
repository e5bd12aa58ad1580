import { and, eq } from 'drizzle-orm';
import { z } from 'zod';
import { attempts } from '../../db/schema/attempts.ts';
import { trunkLimits } from '../../db/schema/trunk-limits.ts';
import { operation } from '../operation.ts';
import type { TrunkLane } from './trunk-lane.ts';

/** Over which trunk a call of a campaign is about to ring; null: it is of none. */
export const dialLane = operation({
  name: 'call.dial_lane',
  scope: 'system',
  input: z.object({ callId: z.uuid() }),
  reads: true,
  run: async (ctx, { callId }): Promise<TrunkLane | null> => {
    const [lane] = await ctx.db
      .select({
        ...{ workspaceId: attempts.workspaceId, trunk: attempts.trunk },
        callsPerSecond: trunkLimits.callsPerSecond,
      })
      .from(attempts)
      .leftJoin(
        trunkLimits,
        and(eq(trunkLimits.workspaceId, attempts.workspaceId), eq(trunkLimits.trunk, attempts.trunk)),
      )
      .where(eq(attempts.id, callId));
    return lane ?? null;
  },
});
