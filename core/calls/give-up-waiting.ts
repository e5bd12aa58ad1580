import { z } from 'zod';
import { operation } from '../operation.ts';
import { emitFinalize, hasNeverHadAgent, lockCall, updateCall } from './call.ts';
import { end } from './state.ts';

/**
 * Somebody who waited for a first agent has hung up: their call ends at once, and rings no more. False, and nothing is
 * done, when a worker has it after all, which then says itself how it ended.
 */
export const giveUpWaiting = operation({
  name: 'call.give_up_waiting',
  scope: 'system',
  input: z.object({ callId: z.uuid() }),
  audit: ({ callId }, gaveUp: boolean) => (gaveUp ? { target: callId } : {}),
  run: async (ctx, { callId }): Promise<boolean> => {
    const hosts = await ctx.services.ports.fleet.hosts();
    if (hosts.some(({ calls }) => calls.includes(callId))) return false;
    const call = await lockCall(ctx, callId);
    if (!hasNeverHadAgent(call)) return false;
    const { status, endedAt, endReason, endDetail } = end(call, {
      at: new Date(),
      reason: 'caller_hung_up',
      detail: 'The caller hung up before an agent came: every slot was taken, or no worker was there.',
    });
    await updateCall(ctx, callId, { status, endedAt, endReason, endDetail });
    await emitFinalize(ctx, callId, 'given-up');
    return true;
  },
});
