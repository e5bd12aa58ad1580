import { z } from 'zod';
import { operation } from '../operation.ts';
import { emitFinalize, lockCall, updateCall } from './call.ts';
import type { CallPlan } from './plan.ts';
import { resolvePlan } from './resolve-plan.ts';
import { end } from './state.ts';
import { cancelTransfers } from './transfers/transfer.ts';

/** A call that takes five workers down with it is not given a sixth. */
const maxEpoch = 5;

/**
 * Puts another worker in charge of a call whose worker is gone, and answers the plan for it. Null: nothing to rescue
 * (the call is over, or another rescue of the same epoch was faster). After too many workers the call ends as failed.
 */
export const beginRescue = operation({
  name: 'call.begin_rescue',
  scope: 'system',
  input: z.object({ callId: z.uuid(), epoch: z.number().int().min(1) }),
  audit: ({ callId, epoch }, plan: CallPlan | null) => ({
    target: callId,
    details: { epoch, rescued: plan !== null },
  }),
  run: async (ctx, { callId, epoch }): Promise<CallPlan | null> => {
    const call = await lockCall(ctx, callId);
    // Put through to somebody: the agent has left on purpose.
    if (call.status === 'ended' || call.epoch !== epoch || call.bridgedAt !== null) return null;
    await cancelTransfers(ctx, callId, 'The worker of the call was lost.');
    if (epoch >= maxEpoch) {
      const detail = `The call lost its worker ${epoch} times.`;
      const { status, endedAt, endReason, endDetail } = end(call, {
        at: new Date(),
        reason: 'internal_error',
        detail,
      });
      await updateCall(ctx, callId, { status, endedAt, endReason, endDetail });
      await ctx.emit('end-call', { callId }, { key: `end-call-${callId}-given-up` });
      await emitFinalize(ctx, callId, 'given-up');
      return null;
    }
    const rescued = await updateCall(ctx, callId, { epoch: epoch + 1, appliedSeq: 0 });
    ctx.log.warn({ callId, epoch: rescued.epoch }, 'a call gets another worker');
    return resolvePlan(ctx, rescued);
  },
});
