import { eq } from 'drizzle-orm';
import { calls } from '../../db/schema/calls.ts';
import { holdCampaign } from '../campaigns/engine/clear-attempts.ts';
import type { OperationContext } from '../context.ts';
import { type Call, lockCall } from './call.ts';

/** A call that is about to ring, locked in the order that all who dial keep: its campaign first, then the call. */
export async function lockDial(ctx: OperationContext, callId: string): Promise<Call> {
  const [known] = await ctx.db
    .select({ campaignId: calls.campaignId })
    .from(calls)
    .where(eq(calls.id, callId));
  if (known?.campaignId) await holdCampaign(ctx.db, known.campaignId);
  return lockCall(ctx, callId);
}
