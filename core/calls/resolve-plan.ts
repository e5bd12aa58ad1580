import { isDeepStrictEqual } from 'node:util';
import { eq } from 'drizzle-orm';
import { calls } from '../../db/schema/calls.ts';
import { withMachinePolicy } from '../campaigns/machine-policy.ts';
import type { OperationContext } from '../context.ts';
import { hasKnowledge } from '../knowledge/has-knowledge.ts';
import { withThread } from '../threads/with-thread.ts';
import type { Call } from './call.ts';
import { silenceOf } from './control/silence.ts';
import type { CallEvent } from './events.ts';
import { fillCall } from './fill-call.ts';
import { type CallPlan, callerIdentity } from './plan.ts';
import { readEvents, transcriptOf } from './transcript.ts';

/** Long enough for a phone to ring out; somebody who calls in is there already. */
const joinTimeoutMs = { inbound: 30_000, outbound: 120_000, web: 60_000 } as const;

/** The plan of a call as its row stands: the worker of a later epoch gets what was said so far. */
export async function resolvePlan(ctx: OperationContext, call: Call): Promise<CallPlan> {
  const { agentId, agentName, definition, variables, missing } = await fillCall(ctx, call);
  await reportMissing(ctx, call, missing);
  return {
    callId: call.id,
    epoch: call.epoch,
    workspaceId: call.workspaceId,
    agent: { id: agentId, versionId: call.currentVersionId ?? call.agentVersionId, name: agentName },
    channel: call.channel,
    direction: call.direction,
    roomName: call.roomName,
    callerIdentity: call.channel === 'phone' && call.direction === 'inbound' ? null : callerIdentity(call.id),
    fromNumber: call.fromNumber,
    toNumber: call.toNumber,
    definition: await withMachinePolicy(ctx, await withThread(ctx, definition, call), call),
    variables,
    ...((await hasKnowledge(ctx, agentId)) ? { knowledge: true } : {}),
    joinTimeoutMs: joinTimeoutMs[call.channel === 'web' ? 'web' : call.direction],
    ...(await silenceNow(ctx, call)),
    resume: await resumeOf(ctx, call),
  };
}

/** Also before the answer: a supervisor may mute an agent while it rings. */
async function silenceNow(ctx: OperationContext, call: Call): Promise<Pick<CallPlan, 'silence'>> {
  if (call.epoch === 1) return {};
  const silence = await silenceOf(ctx, call.id);
  return silence.muted || silence.takenOver ? { silence } : {};
}

/** Written with the call, so that whoever looks at it knows why a sentence had a hole. */
async function reportMissing(ctx: OperationContext, call: Call, missing: readonly string[]): Promise<void> {
  if (isDeepStrictEqual(missing, call.missingVariables)) return;
  ctx.log.warn({ callId: call.id, agentId: call.agentId, missing }, 'variables without a value became empty');
  await ctx.db
    .update(calls)
    .set({ missingVariables: [...missing] })
    .where(eq(calls.id, call.id));
}

/** A call that nobody has answered yet starts from the beginning, whichever worker takes it. */
async function resumeOf(ctx: OperationContext, call: Call): Promise<CallPlan['resume']> {
  if (call.epoch === 1 || call.answeredAt === null) return null;
  const events = await readEvents(ctx.db, call.id);
  return {
    history: transcriptOf(events)
      .filter((turn) => turn.text !== '')
      .map(({ role, text }) => ({ role, text })),
    answeredAt: call.answeredAt.getTime(),
    ...recordingOf(events),
  };
}

function recordingOf(events: readonly CallEvent[]): { recording?: 'on' | 'paused' } {
  const last = events.findLast(({ type }) => type.startsWith('recording.'));
  return last ? { recording: last.type === 'recording.paused' ? 'paused' : 'on' } : {};
}
