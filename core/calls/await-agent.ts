import { z } from 'zod';
import { operation } from '../operation.ts';
import { lockCall, updateCall } from './call.ts';

/**
 * A visitor is in the room and no worker has come: from now on the call counts as one that rings, so that whoever looks
 * at the load sees a person who waits and not an open page.
 */
export const awaitAgent = operation({
  name: 'call.await_agent',
  scope: 'system',
  input: z.object({ callId: z.uuid() }),
  audit: ({ callId }) => ({ target: callId }),
  run: async (ctx, { callId }): Promise<void> => {
    const { status } = await lockCall(ctx, callId);
    if (status === 'queued') await updateCall(ctx, callId, { status: 'ringing' });
  },
});
