import { and, eq } from 'drizzle-orm';
import { z } from 'zod';
import { callTransfers } from '../../../db/schema/call-transfers.ts';
import type { OperationContext } from '../../context.ts';
import { operation } from '../../operation.ts';
import { type Call, lockCall } from '../call.ts';
import { fillCall } from '../fill-call.ts';
import { trunkFor } from './route.ts';
import { bareNumber, orderedTarget, type Target } from './targets.ts';
import { openTransfer, type Transfer } from './transfer.ts';
import { type TransferAnswer, transferRequest } from './wire.ts';

/**
 * A worker wants somebody dialed into the room of its call. Refuses, in words for the agent, what cannot work: an
 * unknown target, the caller's own number, a second transfer at once. The same key answers the same transfer.
 */
export const startTransfer = operation({
  name: 'call.start_transfer',
  scope: 'system',
  input: transferRequest.extend({ callId: z.uuid() }),
  audit: ({ callId, mode }, answer: TransferAnswer) => ({
    target: callId,
    details: { mode, ok: answer.ok, ...(answer.ok ? { transferId: answer.transferId } : {}) },
  }),
  run: async (ctx, { callId, ...request }): Promise<TransferAnswer> => {
    const call = await lockCall(ctx, callId);
    const known = await findByKey(ctx, callId, request.requestKey);
    if (known) return accepted(call, known);
    const checked = await check(ctx, call, request);
    if (typeof checked === 'string') return { ok: false, reason: checked };
    const [transfer] = await ctx.db
      .insert(callTransfers)
      .values({
        workspaceId: call.workspaceId,
        callId,
        epoch: request.epoch,
        requestKey: request.requestKey,
        mode: request.mode,
        targetName: checked.name,
        toNumber: checked.number,
      })
      .returning();
    if (!transfer) throw new Error('The insert of a transfer returned nothing.');
    await ctx.emit('dial-transfer', { transferId: transfer.id }, { key: `dial-transfer-${transfer.id}` });
    return accepted(call, transfer);
  },
});

async function findByKey(ctx: OperationContext, callId: string, key: string): Promise<Transfer | undefined> {
  const [row] = await ctx.db
    .select()
    .from(callTransfers)
    .where(and(eq(callTransfers.callId, callId), eq(callTransfers.requestKey, key)));
  return row;
}

const accepted = (call: Call, { id, targetName, toNumber }: Transfer): TransferAnswer => ({
  ok: true,
  transferId: id,
  name: targetName,
  to: toNumber,
  callerNumber: call.direction === 'inbound' ? call.fromNumber : call.toNumber,
});

/** The target, or why not. */
async function check(
  ctx: OperationContext,
  call: Call,
  { target, epoch }: { target: string; epoch: number },
): Promise<Target | string> {
  if (call.status === 'ended') return 'The call is over.';
  if (call.bridgedAt !== null) return 'The caller has been put through already.';
  if (call.epoch !== epoch) return 'Another worker has the call now.';
  if (await openTransfer(ctx, call.id)) return 'Another transfer is under way.';
  const { definition } = await fillCall(ctx, call);
  const found = orderedTarget(definition, target, call);
  if (typeof found === 'string') return found;
  if ((await trunkFor(ctx, call, found.number)) === null)
    return 'No phone number of this workspace can place calls.';
  return { ...found, number: bareNumber(found.number) };
}
