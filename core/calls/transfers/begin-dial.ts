import { eq } from 'drizzle-orm';
import { z } from 'zod';
import { callTransfers } from '../../../db/schema/call-transfers.ts';
import { operation } from '../../operation.ts';
import { lockCall } from '../call.ts';
import { type TransferRoute, trunkFor } from './route.ts';
import { lockTransfer, moveTransfer } from './transfer.ts';

export type TransferOrder =
  | {
      /** true: somebody began before. Look up in LiveKit what became of it; never send a second INVITE. */
      readonly resume: boolean;
      readonly callId: string;
      readonly roomName: string;
      readonly toNumber: string;
      readonly route: TransferRoute;
    }
  | { readonly skip: string };

/**
 * The one way to the INVITE of a transfer: its `dialedAt` is committed when this returns, and of any number of callers
 * exactly one gets `resume: false`.
 */
export const beginTransferDial = operation({
  name: 'transfer.begin_dial',
  scope: 'system',
  input: z.object({ transferId: z.uuid() }),
  run: async (ctx, { transferId }): Promise<TransferOrder> => {
    const transfer = await lockTransfer(ctx, transferId);
    const { callId, toNumber } = transfer;
    if (transfer.status !== 'calling') return { skip: `the transfer is ${transfer.status}` };
    const call = await lockCall(ctx, callId);
    if (call.status === 'ended') {
      await moveTransfer(ctx, transfer, 'cancelled', { detail: 'The call was over before the phone rang.' });
      return { skip: 'the call is over' };
    }
    const route = await trunkFor(ctx, call, toNumber);
    if (route === null) {
      const detail = 'No phone number of this workspace can place calls.';
      await moveTransfer(ctx, transfer, 'failed', { detail });
      return { skip: detail };
    }
    const resume = transfer.dialedAt !== null;
    if (!resume)
      await ctx.db
        .update(callTransfers)
        .set({ dialedAt: new Date(), trunk: route.trunk })
        .where(eq(callTransfers.id, transferId));
    return { resume, callId, roomName: call.roomName, toNumber, route };
  },
});
