import { z } from 'zod';
import { operation } from '../operation.ts';
import { type Call, emitFinalize, findCall, lockCall, updateCall } from './call.ts';
import { end } from './state.ts';

/**
 * Hangs up. A call that nobody has dialed or joined yet ends at once; a live one when a job has closed its room.
 * Ending a call that is over changes nothing.
 */
export const endCall = operation({
  name: 'call.end',
  scope: 'member',
  input: z.object({ callId: z.string() }),
  audit: ({ callId }) => ({ target: callId }),
  run: async (ctx, { callId }): Promise<Call> => {
    await findCall(ctx, callId);
    const call = await lockCall(ctx, callId);
    if (call.status === 'ended') return call;
    const at = new Date();
    const requested = { endRequestedAt: call.endRequestedAt ?? at };
    // A visitor holds a token for the room of a web call, so that room is closed in any case.
    if (call.status !== 'queued' || call.channel === 'web')
      await ctx.emit('end-call', { callId }, { key: `end-call-${callId}-${at.getTime()}` });
    if (call.status !== 'queued') return updateCall(ctx, callId, requested);
    const { status, endedAt, endReason, endDetail } = end(call, {
      at,
      reason: 'operator_hung_up',
      detail: 'Ended before it began.',
    });
    await emitFinalize(ctx, callId, 'ended');
    return updateCall(ctx, callId, { ...requested, status, endedAt, endReason, endDetail });
  },
});
