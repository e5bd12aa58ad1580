import { and, eq, isNull, ne } from 'drizzle-orm';
import { callTransfers } from '../../../db/schema/call-transfers.ts';
import type { OperationContext } from '../../context.ts';
import { notFound } from '../../errors.ts';
import { isSettled, mayBecome, type TransferStatus } from './state.ts';

export type Transfer = typeof callTransfers.$inferSelect;

/** Locked until the transaction ends. */
export async function lockTransfer(ctx: OperationContext, transferId: string): Promise<Transfer> {
  const [row] = await ctx.db
    .select()
    .from(callTransfers)
    .where(eq(callTransfers.id, transferId))
    .for('update');
  if (!row) throw notFound('Transfer');
  return row;
}

/** Moves a locked transfer as far as its machine allows; answers the row as it stands then. */
export async function moveTransfer(
  ctx: OperationContext,
  transfer: Transfer,
  status: TransferStatus,
  change: Partial<Pick<Transfer, 'detail' | 'sipStatus' | 'answeredAt' | 'dialedAt'>> = {},
): Promise<Transfer> {
  if (!mayBecome(transfer.status, status)) return transfer;
  const [row] = await ctx.db
    .update(callTransfers)
    .set({ ...change, status, ...(isSettled(status) ? { settledAt: new Date() } : {}) })
    .where(eq(callTransfers.id, transfer.id))
    .returning();
  if (!row) throw new Error('The update of a locked transfer returned nothing.');
  return row;
}

/** The transfer of a call that is under way. */
export async function openTransfer(ctx: OperationContext, callId: string): Promise<Transfer | undefined> {
  const [row] = await ctx.db
    .select()
    .from(callTransfers)
    .where(and(eq(callTransfers.callId, callId), isNull(callTransfers.settledAt)))
    .for('update');
  return row;
}

/** The transfer by which the agent of a call has left it, or was about to. */
export async function putThrough(ctx: OperationContext, callId: string): Promise<Transfer | undefined> {
  const [row] = await ctx.db
    .select()
    .from(callTransfers)
    .where(
      and(
        eq(callTransfers.callId, callId),
        eq(callTransfers.status, 'joined'),
        ne(callTransfers.mode, 'conference'),
      ),
    );
  return row;
}

/** Gives up what is under way, because its worker or its call is gone; a job takes the person's leg away. */
export async function cancelTransfers(ctx: OperationContext, callId: string, detail: string): Promise<void> {
  const open = await openTransfer(ctx, callId);
  if (!open) return;
  await moveTransfer(ctx, open, 'cancelled', { detail });
  await ctx.emit('end-transfer', { transferId: open.id }, { key: `end-transfer-${open.id}` });
}
