import { and, eq } from 'drizzle-orm';
import { z } from 'zod';
import { callbacks } from '../../db/schema/callbacks.ts';
import { phoneNumbers } from '../../db/schema/phone-numbers.ts';
import { giveBack, whyNotWanted } from '../campaigns/engine/clear-attempts.ts';
import { databaseBooks } from '../campaigns/engine/database-books.ts';
import { nowMs, type OperationContext } from '../context.ts';
import { DomainError } from '../errors.ts';
import { operation } from '../operation.ts';
import { type Call, isDialOpen, lockCall, updateCall } from './call.ts';
import type { CallPlan } from './plan.ts';
import { concludeDial } from './record-dial-outcome.ts';
import { resolvePlan } from './resolve-plan.ts';

export interface DialRoute {
  readonly resume: false;
  /** Of a campaign: nothing may ring before clearDial has said so. */
  readonly needsClearance: boolean;
  readonly plan: CallPlan;
  readonly trunk: { readonly outboundTrunkId: string; readonly fromNumber: string };
  readonly toNumber: string;
}
/** Somebody began before. Look up in LiveKit what became of it; never send a second INVITE. */
interface DialBegunBefore {
  readonly resume: true;
  readonly plan: CallPlan;
}
export type DialOrder = DialRoute | DialBegunBefore | { readonly skip: string };

/**
 * The one way to an INVITE: queued → dialing is committed when this returns, and of any number of callers exactly
 * one gets `resume: false`. Throws unavailable, with the call still queued, while the trunk is not set up.
 */
export const beginDial = operation({
  name: 'call.begin_dial',
  scope: 'system',
  input: z.object({ callId: z.uuid() }),
  run: async (ctx, { callId }): Promise<DialOrder> => {
    const call = await lockCall(ctx, callId);
    if (call.direction !== 'outbound') return { skip: 'not an outbound call' };
    // Over, and the process that dialed died before it could say why: nobody else will.
    if (call.status === 'ended')
      return isDialOpen(call)
        ? { resume: true, plan: await resolvePlan(ctx, call) }
        : { skip: 'the call is over' };
    if (call.status === 'active') return { skip: 'the call is answered' };
    const unwanted = await whyNotDialed(ctx, call);
    if (unwanted !== null) {
      await giveBack(databaseBooks(ctx.db), callId, unwanted, nowMs(ctx));
      // An agent may be waiting in its room.
      if (call.status !== 'queued')
        await ctx.emit('end-call', { callId }, { key: `end-call-${callId}-${unwanted}` });
      await concludeDial(ctx, call, { outcome: 'canceled', detail: `Not dialed: ${unwanted}.` });
      return { skip: unwanted };
    }
    if (call.status !== 'queued') return { resume: true, plan: await resolvePlan(ctx, call) };
    const route = await routeOf(ctx, call);
    if (route === null) {
      const detail = 'The number this call was to come from is not registered any more.';
      await concludeDial(ctx, call, { outcome: 'failed', detail });
      return { skip: detail };
    }
    const needsClearance = call.campaignId !== null;
    const begun = await updateCall(ctx, callId, {
      status: 'dialing',
      ...(needsClearance ? {} : { dialedAt: new Date(nowMs(ctx)) }),
    });
    return { resume: false, needsClearance, plan: await resolvePlan(ctx, begun), ...route };
  },
});

/**
 * A campaign's call that nobody wants any more, or whose preparation was lost with its process: it was not cleared, so
 * nothing has rung, and its contact gets another attempt. Or a call-back that was canceled.
 */
async function whyNotDialed(ctx: OperationContext, call: Call): Promise<string | null> {
  if (call.dialedAt !== null) return null;
  if (call.campaignId === null) return (await isCallBackOff(ctx, call)) ? 'call_back_canceled' : null;
  if (call.status !== 'queued') return 'process_lost';
  return whyNotWanted(databaseBooks(ctx.db), call.campaignId, nowMs(ctx));
}

/** They have opted out since it was placed. */
const isCallBackOff = async ({ db }: OperationContext, { id }: Call): Promise<boolean> =>
  (await db.$count(callbacks, and(eq(callbacks.placedCallId, id), eq(callbacks.status, 'canceled')))) > 0;

/** Null: the number was deleted after the call was placed. */
async function routeOf(
  ctx: OperationContext,
  call: Call,
): Promise<Pick<DialRoute, 'trunk' | 'toNumber'> | null> {
  const { fromNumber, toNumber, phoneNumberId } = call;
  if (phoneNumberId === null || fromNumber === null || toNumber === null) return null;
  const [number] = await ctx.db.select().from(phoneNumbers).where(eq(phoneNumbers.id, phoneNumberId));
  if (!number) return null;
  if (number.outboundTrunkId === null)
    throw new DomainError(
      'unavailable',
      `The SIP trunk of ${number.e164} is not ready${number.syncError ? `: ${number.syncError}` : ''}.`,
    );
  return { trunk: { outboundTrunkId: number.outboundTrunkId, fromNumber }, toNumber };
}
