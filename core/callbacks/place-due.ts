import { and, asc, count, eq, gt, inArray, isNotNull, isNull, lte, or, sql } from 'drizzle-orm';
import { parsePhoneNumberFromString } from 'libphonenumber-js/max';
import { z } from 'zod';
import { agents } from '../../db/schema/agents.ts';
import { callbacks } from '../../db/schema/callbacks.ts';
import { calls } from '../../db/schema/calls.ts';
import { phoneNumbers } from '../../db/schema/phone-numbers.ts';
import { newId } from '../../platform/ids.ts';
import { versionFor } from '../agents/traffic.ts';
import { queueCalls } from '../calls/queue-calls.ts';
import { nowMs, type OperationContext } from '../context.ts';
import { operation } from '../operation.ts';
import { judgeCallback } from './judge.ts';

export type Callback = typeof callbacks.$inferSelect;

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;
/** Somebody who asked for a call in the morning is not rung two days later. */
const tooLateMs = dayMs;
const againMs = 5 * minuteMs;
/** To one number within a day. */
const mostADay = 3;

type Verdict =
  | { readonly cancel: string }
  | { readonly waitUntilMs: number; readonly why: string }
  | { readonly callId: string };

/**
 * Places the calls that people have asked for and that no campaign keeps, once each: by agent and number of the call in
 * which they asked. Only to the number that they asked from: what somebody writes in a chat, or a number that was named
 * to an agent, is for a person to dial. Lists, hours and limits are looked at first. Returns how many were placed.
 */
export const placeDueCallbacks = operation({
  name: 'callback.place_due',
  scope: 'system',
  input: z.object({ limit: z.number().int().min(1).max(500).default(20) }),
  run: async (ctx, { limit }): Promise<{ placed: number; looked: number }> => {
    const due = await takeDue(ctx, limit);
    let placed = 0;
    for (const { callback, ...origin } of due) {
      const verdict = await decide(ctx, callback, origin);
      if ('callId' in verdict) placed++;
      else ctx.log.info({ callbackId: callback.id, ...verdict }, 'a call-back was not placed');
      await ctx.db.update(callbacks).set(changeOf(verdict)).where(eq(callbacks.id, callback.id));
    }
    return { placed, looked: due.length };
  },
});

function changeOf(verdict: Verdict): Partial<typeof callbacks.$inferInsert> {
  if ('cancel' in verdict) return { status: 'canceled', statusReason: verdict.cancel };
  if ('callId' in verdict) return { status: 'taken', statusReason: '', placedCallId: verdict.callId };
  return { notBefore: new Date(verdict.waitUntilMs), statusReason: verdict.why };
}

/** While the call is on, and until its campaign has taken what is its own, nobody else looks. */
async function takeDue(ctx: OperationContext, limit: number) {
  const at = new Date(nowMs(ctx));
  return ctx.db
    .select({ callback: callbacks, phoneNumberId: calls.phoneNumberId, campaignId: calls.campaignId })
    .from(callbacks)
    .innerJoin(calls, eq(calls.id, callbacks.callId))
    .where(
      and(
        eq(callbacks.status, 'pending'),
        lte(callbacks.dueAt, at),
        or(isNull(callbacks.notBefore), lte(callbacks.notBefore, at)),
        eq(calls.channel, 'phone'),
        isNotNull(calls.finalizedAt),
        sql`${callbacks.phoneNumber} = case ${calls.direction} when 'inbound' then ${calls.fromNumber} else ${calls.toNumber} end`,
      ),
    )
    .orderBy(asc(callbacks.dueAt))
    .limit(limit)
    .for('update', { of: callbacks, skipLocked: true });
}

async function decide(
  ctx: OperationContext,
  callback: Callback,
  { phoneNumberId, campaignId }: { phoneNumberId: string | null; campaignId: string | null },
): Promise<Verdict> {
  const { workspaceId, phoneNumber, agentId, dueAt, reason } = callback;
  const atMs = nowMs(ctx);
  if (atMs - dueAt.getTime() > tooLateMs) return { cancel: 'It could not be placed for a whole day.' };
  const [agent] = await ctx.db
    .select()
    .from(agents)
    .where(and(eq(agents.id, agentId), eq(agents.workspaceId, workspaceId), isNull(agents.deletedAt)));
  if (!agent) return { cancel: 'Its agent was deleted.' };
  if ((await placedSince(ctx, callback, atMs - dayMs)) >= mostADay)
    return { cancel: `There were ${mostADay} call-backs to this number within a day.` };
  const country = parsePhoneNumberFromString(phoneNumber)?.country ?? null;
  const judged = await judgeCallback(ctx, callback, { country, campaignId });
  if (judged !== null) return judged;
  if (await isOnThePhone(ctx, callback))
    return { waitUntilMs: atMs + againMs, why: 'They are on the phone.' };
  const number = await numberFor(ctx, callback, phoneNumberId);
  if (!number)
    return { waitUntilMs: atMs + againMs, why: 'No number of the agent has a trunk that is ready.' };
  const id = newId();
  await queueCalls(ctx, [
    {
      ...{ id, workspaceId, agentId, agentVersionId: versionFor(agent, id), campaignId: null },
      ...{ phoneNumberId: number.id, fromNumber: number.e164, toNumber: phoneNumber },
      ...{ threadId: phoneNumber, variables: { callback_reason: reason } },
    },
  ]);
  return { callId: id };
}

async function placedSince(
  { db }: OperationContext,
  { workspaceId, phoneNumber }: Callback,
  sinceMs: number,
): Promise<number> {
  const [row] = await db
    .select({ placed: count() })
    .from(callbacks)
    .innerJoin(calls, eq(calls.id, callbacks.placedCallId))
    .where(
      and(
        eq(callbacks.workspaceId, workspaceId),
        eq(callbacks.phoneNumber, phoneNumber),
        gt(calls.createdAt, new Date(sinceMs)),
      ),
    );
  return row?.placed ?? 0;
}

async function isOnThePhone({ db }: OperationContext, { workspaceId, phoneNumber }: Callback) {
  const open = await db
    .select({ id: calls.id })
    .from(calls)
    .where(
      and(
        eq(calls.workspaceId, workspaceId),
        inArray(calls.status, ['queued', 'dialing', 'ringing', 'active']),
        isNull(calls.finalizedAt),
        or(eq(calls.fromNumber, phoneNumber), eq(calls.toNumber, phoneNumber)),
      ),
    )
    .limit(1);
  return open.length > 0;
}

/** The number of the call in which they asked, or another one of the agent. */
async function numberFor(
  { db }: OperationContext,
  { workspaceId, agentId }: Callback,
  phoneNumberId: string | null,
) {
  const usable = await db
    .select({ id: phoneNumbers.id, e164: phoneNumbers.e164 })
    .from(phoneNumbers)
    .where(
      and(
        eq(phoneNumbers.workspaceId, workspaceId),
        isNotNull(phoneNumbers.outboundTrunkId),
        or(eq(phoneNumbers.id, phoneNumberId ?? sql`null`), eq(phoneNumbers.agentId, agentId)),
      ),
    )
    .orderBy(asc(phoneNumbers.createdAt));
  return usable.find(({ id }) => id === phoneNumberId) ?? usable[0];
}
