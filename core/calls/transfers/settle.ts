import { eq } from 'drizzle-orm';
import { z } from 'zod';
import { callTransfers } from '../../../db/schema/call-transfers.ts';
import { calls } from '../../../db/schema/calls.ts';
import { notFound } from '../../errors.ts';
import { operation } from '../../operation.ts';
import { isSettled } from './state.ts';
import { lockTransfer, moveTransfer } from './transfer.ts';
import { type TransferView, transferStep } from './wire.ts';

/** A worker's step in a transfer: it has briefed, heard yes or no, connected, or given up. Answers where it stands. */
export const stepTransfer = operation({
  name: 'transfer.step',
  scope: 'system',
  input: transferStep.extend({ transferId: z.uuid() }),
  audit: ({ transferId, detail }, { status }: TransferView) => ({
    target: transferId,
    details: { status, detail },
  }),
  run: async (ctx, { transferId, status, detail }): Promise<TransferView> => {
    const transfer = await lockTransfer(ctx, transferId);
    const moved = await moveTransfer(ctx, transfer, status, { detail });
    // Whoever is not put through has no business in the room; the worker removes them too, unless it is lost.
    if (moved.status !== 'joined' && isSettled(moved.status) && moved.status !== transfer.status)
      await ctx.emit('end-transfer', { transferId }, { key: `end-transfer-${transferId}` });
    return moved;
  },
});

/** Where a transfer stands. For our own processes. */
export const getTransfer = operation({
  name: 'transfer.get',
  scope: 'system',
  input: z.object({ transferId: z.uuid() }),
  reads: true,
  run: async (ctx, { transferId }): Promise<TransferView & { readonly roomName: string }> => {
    const [row] = await ctx.db
      .select({ status: callTransfers.status, detail: callTransfers.detail, roomName: calls.roomName })
      .from(callTransfers)
      .innerJoin(calls, eq(calls.id, callTransfers.callId))
      .where(eq(callTransfers.id, transferId));
    if (!row) throw notFound('Transfer');
    return row;
  },
});
