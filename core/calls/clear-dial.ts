import { z } from 'zod';
import { type Clearance, clearAttempts } from '../campaigns/engine/clear-attempts.ts';
import { databaseBooks } from '../campaigns/engine/database-books.ts';
import { nowMs } from '../context.ts';
import { operation } from '../operation.ts';
import { updateCall } from './call.ts';
import { lockDial } from './lock-dial.ts';
import { concludeDial } from './record-dial-outcome.ts';

/**
 * The instant before an INVITE, when everything else is ready. A call of a campaign is judged once more, and `clear`
 * is committed when this returns: of any number of callers exactly one gets it. Any other call is clear unless it is
 * over.
 */
export const clearDial = operation({
  name: 'call.clear_dial',
  scope: 'system',
  input: z.object({ callId: z.uuid() }),
  run: async (ctx, { callId }): Promise<Clearance> => {
    const call = await lockDial(ctx, callId);
    if (call.status === 'ended') return { skip: 'call_over' };
    if (call.campaignId === null) return { clear: true };
    const at = new Date(nowMs(ctx));
    const clearance = (await clearAttempts(databaseBooks(ctx.db), [callId], at.getTime())).get(callId);
    if (!clearance) throw new Error('One attempt in, one clearance out.');
    if ('clear' in clearance) await updateCall(ctx, callId, { dialedAt: at });
    else if (call.dialedAt === null)
      await concludeDial(ctx, call, { outcome: 'canceled', detail: `Not dialed: ${clearance.skip}.` });
    return clearance;
  },
});
