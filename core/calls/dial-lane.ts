import { and, eq, isNull } from 'drizzle-orm';
import { z } from 'zod';
import { attempts } from '../../db/schema/attempts.ts';
import { calls } from '../../db/schema/calls.ts';
import { phoneNumbers } from '../../db/schema/phone-numbers.ts';
import { trunkLimits } from '../../db/schema/trunk-limits.ts';
import { trunkKey } from '../numbers/trunk-key.ts';
import { operation } from '../operation.ts';
import { laneOf, type TrunkLane } from './trunk-lane.ts';

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

/** Over which trunk a call that no campaign placed waits to ring; null: it is of a campaign, or waits no more. */
export const queuedLane = operation({
  name: 'call.queued_lane',
  scope: 'system',
  input: z.object({ callId: z.uuid() }),
  reads: true,
  run: async (ctx, { callId }): Promise<TrunkLane | null> => {
    const [number] = await ctx.db
      .select({
        workspaceId: phoneNumbers.workspaceId,
        ...{ sipAddress: phoneNumbers.sipAddress, authUsername: phoneNumbers.authUsername },
      })
      .from(calls)
      .innerJoin(phoneNumbers, eq(phoneNumbers.id, calls.phoneNumberId))
      .where(and(eq(calls.id, callId), eq(calls.status, 'queued'), isNull(calls.campaignId)));
    return number ? laneOf(ctx, number.workspaceId, trunkKey(number)) : null;
  },
});
