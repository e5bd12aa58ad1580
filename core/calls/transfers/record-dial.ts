import { z } from 'zod';
import { words } from '../../fields.ts';
import { operation } from '../../operation.ts';
import { onAnswer, onDialFailure } from './state.ts';
import { lockTransfer, moveTransfer } from './transfer.ts';
import type { TransferView } from './wire.ts';

/** How the ringing of a transfer ended. What the worker has decided meanwhile stays. */
export const recordTransferDial = operation({
  name: 'transfer.record_dial',
  scope: 'system',
  input: z.object({
    transferId: z.uuid(),
    outcome: z.enum(['answered', 'busy', 'no_answer', 'rejected', 'failed', 'canceled', 'unknown']),
    sipStatus: z.number().int().nullish(),
    detail: words(2_000).default(''),
  }),
  audit: ({ transferId, outcome }, { status }: TransferView) => ({
    target: transferId,
    details: { outcome, status },
  }),
  run: async (ctx, { transferId, outcome, sipStatus, detail }): Promise<TransferView> => {
    const transfer = await lockTransfer(ctx, transferId);
    const sip = { sipStatus: sipStatus ?? null };
    return outcome === 'answered'
      ? moveTransfer(ctx, transfer, onAnswer(transfer.mode), { ...sip, answeredAt: new Date() })
      : moveTransfer(ctx, transfer, onDialFailure(outcome), { ...sip, detail });
  },
});
