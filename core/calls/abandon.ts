import { z } from 'zod';
import { words } from '../fields.ts';
import { operation } from '../operation.ts';
import { emitFinalize, isDialOpen, lockCall, updateCall } from './call.ts';
import { end } from './state.ts';

/**
 * The sweep's verdict on a call whose room and agent are gone without an `ended` event, or that never began.
 * The call ends now, for this reason; events that still come are kept and change nothing.
 */
export const abandonCall = operation({
  name: 'call.abandon',
  scope: 'system',
  input: z.object({
    callId: z.uuid(),
    /** One of core/calls/state.ts' end reasons, or a word of the sweep's own. */
    reason: z.string().trim().min(1).max(100),
    detail: words(2_000).default(''),
  }),
  audit: ({ callId, reason }) => ({ target: callId, details: { reason } }),
  run: async (ctx, { callId, reason, detail }): Promise<void> => {
    const call = await lockCall(ctx, callId);
    if (call.finalizedAt !== null) return;
    const { status, endedAt, endReason, endDetail } = end(call, { at: new Date(), reason, detail });
    await updateCall(ctx, callId, {
      ...{ status, endedAt, endReason, endDetail },
      // Nobody will say any more how the ringing ended.
      ...(isDialOpen(call) ? { dialOutcome: 'unknown' } : {}),
    });
    await emitFinalize(ctx, callId, 'given-up');
  },
});
