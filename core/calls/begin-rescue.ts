import { z } from 'zod';
import { callEvents } from '../../db/schema/call-events.ts';
import type { OperationContext } from '../context.ts';
import { operation } from '../operation.ts';
import { type Call, emitFinalize, lockCall, updateCall } from './call.ts';
import type { CallPlan } from './plan.ts';
import { resolvePlan } from './resolve-plan.ts';
import { end } from './state.ts';
import { cancelTransfers, putThrough, type Transfer } from './transfers/transfer.ts';

/** A call that takes five workers down with it is not given a sixth. */
const maxEpoch = 5;

/**
 * Puts another worker in charge of a call whose worker is gone, and answers the plan for it. Null: nothing to rescue
 * (the call is over or goes on without an agent, or another rescue of the same epoch was faster). After too many
 * workers the call ends as failed.
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
    if (call.status === 'ended' || call.epoch !== epoch) return null;
    // Put through to somebody: the agent has left on purpose, and the two need no other.
    if (call.bridgedAt !== null) {
      if (call.recorderStays) await loseRecorder(ctx, call);
      return null;
    }
    // Its worker was lost before it could report that it had left the two.
    const through = await putThrough(ctx, callId);
    if (through) {
      await goOnWithoutAgent(ctx, call, through);
      return null;
    }
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

/**
 * Caller and person hear each other, and nobody has to come between them. What the worker still has on the way moves
 * nothing.
 */
async function goOnWithoutAgent(
  ctx: OperationContext,
  { id, epoch }: Call,
  { id: transferId, toNumber }: Transfer,
): Promise<void> {
  const at = new Date();
  await ctx.db.insert(callEvents).values({
    ...{ callId: id, epoch: epoch + 1, seq: 1, type: 'call.bridged', at },
    data: { transferId, to: toNumber },
  });
  await updateCall(ctx, id, { epoch: epoch + 1, appliedSeq: 1, bridgedAt: at });
  ctx.log.warn({ callId: id, epoch: epoch + 1 }, 'a call goes on without the agent that put it through');
}

/**
 * The worker that recorded two who were put through is gone. They talk on, unrecorded from here; what it had on its
 * disk is sent by whoever finds it. Its epoch ends, so that what it still has on the way moves nothing any more.
 */
async function loseRecorder(ctx: OperationContext, { id, epoch }: Call): Promise<void> {
  await ctx.db.insert(callEvents).values({
    ...{ callId: id, epoch: epoch + 1, seq: 1, type: 'recording.stopped', at: new Date() },
    data: {
      durationMs: 0,
      detail: 'The worker that recorded was lost; the call goes on and is not recorded.',
    },
  });
  await updateCall(ctx, id, { epoch: epoch + 1, appliedSeq: 1, recorderStays: false });
  ctx.log.warn({ callId: id, epoch: epoch + 1 }, 'a call goes on without its recorder');
}
