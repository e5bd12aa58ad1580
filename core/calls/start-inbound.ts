import { and, eq, isNull } from 'drizzle-orm';
import { agents } from '../../db/schema/agents.ts';
import { calls } from '../../db/schema/calls.ts';
import { phoneNumbers } from '../../db/schema/phone-numbers.ts';
import { newId } from '../../platform/ids.ts';
import type { Agent } from '../agents/agent.ts';
import { versionFor } from '../agents/traffic.ts';
import type { OperationContext } from '../context.ts';
import { DomainError } from '../errors.ts';
import type { PhoneNumberRow } from '../numbers/number.ts';
import { operation } from '../operation.ts';
import { takeAnnounced } from './announced.ts';
import type { Call } from './call.ts';
import { type CallPlan, inboundPlanRequest } from './plan.ts';
import { resolvePlan } from './resolve-plan.ts';

/**
 * A worker stands in the room of somebody who calls a number: writes the call and answers its plan. The room name
 * identifies the call, so asking again gives the same one. Throws not_found when no agent answers for the number.
 */
export const startInboundCall = operation({
  name: 'call.start_inbound',
  scope: 'system',
  input: inboundPlanRequest,
  audit: (_input, plan: CallPlan) => ({ target: plan.callId, workspaceId: plan.workspaceId }),
  run: async (ctx, { phoneNumberId, roomName }) => {
    const call = (await insertCall(ctx, phoneNumberId, roomName)) ?? (await callOfRoom(ctx, roomName));
    return resolvePlan(ctx, call);
  },
});

async function insertCall(
  ctx: OperationContext,
  phoneNumberId: string,
  roomName: string,
): Promise<Call | undefined> {
  const [known] = await ctx.db.select().from(calls).where(eq(calls.roomName, roomName));
  if (known) return known;
  const [row] = await ctx.db
    .select({ number: phoneNumbers, agent: agents })
    .from(phoneNumbers)
    .leftJoin(agents, and(eq(agents.id, phoneNumbers.agentId), isNull(agents.deletedAt)))
    .where(eq(phoneNumbers.id, phoneNumberId));
  if (!row) throw new DomainError('not_found', 'The dialed number is not registered any more.');
  const { number, agent } = row;
  const [call] = await ctx.db
    .insert(calls)
    .values({
      workspaceId: number.workspaceId,
      ...(await whatItRuns(ctx, number, agent, callerOfRoom(roomName))),
      phoneNumberId,
      channel: 'phone',
      direction: 'inbound',
      status: 'ringing',
      roomName,
      toNumber: number.e164,
    })
    .onConflictDoNothing({ target: calls.roomName })
    .returning();
  return call;
}

/** The agent of the number, unless the call was announced as one of another agent, version or caller. */
async function whatItRuns(
  ctx: OperationContext,
  number: PhoneNumberRow,
  agent: Agent | null,
  caller: string | null,
) {
  const announced = await takeAnnounced(ctx, number.id, caller);
  if (announced) {
    const { id, agentId, agentVersionId, variables, callerNumber } = announced;
    // Nobody's thread: what was said in one simulated call is not remembered in the next.
    return { id, agentId, agentVersionId, variables, fromNumber: callerNumber, threadId: null };
  }
  if (!agent) throw new DomainError('not_found', `No agent is mapped to the number ${number.e164}.`);
  const id = newId();
  return {
    ...{ id, agentId: agent.id, agentVersionId: versionFor(agent, id) },
    ...{ fromNumber: caller, threadId: caller },
  };
}

/** Another request for the same room was faster. */
async function callOfRoom(ctx: OperationContext, roomName: string): Promise<Call> {
  const [call] = await ctx.db.select().from(calls).where(eq(calls.roomName, roomName));
  if (!call) throw new Error('A call of this room was there a moment ago.');
  return call;
}

/**
 * The caller's number, so that the prompt may use it before anybody has joined: LiveKit's dispatch rule `individual`
 * names rooms `{prefix}_{caller}_{random}`. `caller.joined` brings the certain one later.
 */
export const callerOfRoom = (roomName: string): string | null =>
  /_(?<caller>\+?\d{2,20})_[^_]*$/.exec(roomName)?.groups?.caller ?? null;
