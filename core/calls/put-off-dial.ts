import { z } from 'zod';
import { giveBack } from '../campaigns/engine/clear-attempts.ts';
import { databaseBooks } from '../campaigns/engine/database-books.ts';
import { nowMs } from '../context.ts';
import { operation } from '../operation.ts';
import { lockDial } from './lock-dial.ts';
import { concludeDial } from './record-dial-outcome.ts';

/**
 * Takes a call of a campaign back that was prepared and cannot ring in time. Its person waits on, as if nothing had
 * been. What was cleared, or is over, stays as it is.
 */
export const putOffDial = operation({
  name: 'call.put_off_dial',
  scope: 'system',
  input: z.object({ callId: z.uuid(), reason: z.string() }),
  run: async (ctx, { callId, reason }): Promise<void> => {
    const call = await lockDial(ctx, callId);
    if (call.campaignId === null || call.dialedAt !== null || call.dialOutcome !== null) return;
    await giveBack(databaseBooks(ctx.db), callId, reason, nowMs(ctx));
    await concludeDial(ctx, call, { outcome: 'canceled', detail: `Not dialed: ${reason}.` });
  },
});
