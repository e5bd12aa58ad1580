import { z } from 'zod';
import { callEvents } from '../../db/schema/call-events.ts';
import { operation } from '../operation.ts';
import { emitFinalize, lockCall, updateCall } from './call.ts';
import { end } from './state.ts';

/**
 * The end of a call that goes on without its agent (`call.bridged`): nobody of ours is in the room, so what LiveKit
 * says of it decides. Writes the `ended` event that no worker can write, hangs up on whoever is left, and finalizes.
 * Does nothing for any other call, nor while a worker records the two and will say so itself; with `recorderLost` it is
 * known that this one will not.
 */
export const endBridgedCall = operation({
  name: 'call.end_bridged',
  scope: 'system',
  input: z.object({
    callId: z.uuid(),
    detail: z.string().max(500),
    recorderLost: z.boolean().default(false),
  }),
  audit: ({ callId }, ended: boolean) => (ended ? { target: callId } : {}),
  run: async (ctx, { callId, detail, recorderLost }): Promise<boolean> => {
    const call = await lockCall(ctx, callId);
    if (call.bridgedAt === null || call.status === 'ended') return false;
    if (call.recorderStays && !recorderLost) return false;
    const at = new Date();
    const reason = 'transferred';
    // What a lost worker has reported and not got through keeps its numbers.
    const [epoch, seq] = call.recorderStays ? [call.epoch + 1, 1] : [call.epoch, call.appliedSeq + 1];
    await ctx.db
      .insert(callEvents)
      .values({ callId, epoch, seq, type: 'ended', at, data: { reason, detail } })
      .onConflictDoNothing();
    const { status, endedAt, endReason, endDetail } = end(call, { at, reason, detail });
    await updateCall(ctx, callId, {
      ...{ status, endedAt, endReason, endDetail },
      ...{ epoch, appliedSeq: seq, recorderStays: false },
    });
    await ctx.emit('end-call', { callId }, { key: `end-call-${callId}-bridged` });
    await emitFinalize(ctx, callId, 'ended');
    return true;
  },
});
