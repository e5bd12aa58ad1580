import { z } from 'zod';
import type { DialOutcome } from '../../db/schema/calls.ts';
import { listNumbersNow } from '../contacts/list-numbers.ts';
import { nowMs, type OperationContext } from '../context.ts';
import { words } from '../fields.ts';
import { operation } from '../operation.ts';
import { type Call, emitFinalize, lockCall, updateCall } from './call.ts';
import { advance, end } from './state.ts';

const input = z.object({
  callId: z.uuid(),
  outcome: z.enum(['answered', 'busy', 'no_answer', 'rejected', 'failed', 'canceled', 'unknown']),
  sipStatus: z.number().int().nullish(),
  sipReason: words(500).nullish(),
  /** Why, in words, for the operator. */
  detail: words(2_000).default(''),
});

/**
 * How ringing ended. The first outcome counts; one that contradicts what the worker saw (it heard the answer) changes
 * only the SIP facts. A call that was to be ended while it rang counts as canceled, whatever the carrier made of it.
 */
export const recordDialOutcome = operation({
  name: 'call.record_dial_outcome',
  scope: 'system',
  input,
  audit: ({ callId, outcome, sipStatus }) => ({ target: callId, details: { outcome, sipStatus } }),
  run: async (ctx, { callId, ...result }): Promise<Call> => {
    const call = await lockCall(ctx, callId);
    return call.dialOutcome === null ? concludeDial(ctx, call, result) : call;
  },
});

interface DialResult {
  readonly outcome: DialOutcome;
  readonly detail: string;
  readonly sipStatus?: number | null | undefined;
  readonly sipReason?: string | null | undefined;
}

/** Unwanted (RFC 8197): the person has told their phone that they do not want calls like this one. */
const unwanted = 607;

/** Writes the outcome of a locked call that has none yet. Who has refused it as unwanted is not called any more. */
export async function concludeDial(ctx: OperationContext, call: Call, result: DialResult): Promise<Call> {
  const { outcome, detail } = result;
  const sip = { sipStatus: result.sipStatus ?? null, sipReason: result.sipReason ?? null };
  if (outcome === 'answered' || call.answeredAt !== null) {
    if (call.status === 'ended') await emitFinalize(ctx, call.id, 'dialed');
    return updateCall(ctx, call.id, {
      ...sip,
      dialOutcome: 'answered',
      status: advance(call.status, 'active'),
      answeredAt: call.answeredAt ?? (call.status === 'ended' ? null : new Date()),
    });
  }
  if (sip.sipStatus === unwanted && call.toNumber !== null)
    await listNumbersNow(ctx.db, {
      ...{ workspaceId: call.workspaceId, campaignId: null, phones: [call.toNumber], callId: call.id },
      ...{ source: 'opt_out', note: 'Refused as unwanted (SIP 607).', addedBy: null, atMs: nowMs(ctx) },
    });
  const final = call.endRequestedAt === null ? outcome : 'canceled';
  const reason = `dial_${final}`;
  await emitFinalize(ctx, call.id, 'dialed');
  return updateCall(ctx, call.id, {
    ...sip,
    dialOutcome: final,
    ...pickEnd(end(call, { at: new Date(), reason, detail })),
    // The worker may have left the room first; the dial job is the one that knows why nobody came.
    endReason: reason,
    endDetail: detail,
  });
}

const pickEnd = ({ status, endedAt }: Call) => ({ status, endedAt });
