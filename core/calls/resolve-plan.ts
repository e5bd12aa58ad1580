import { and, asc, eq } from 'drizzle-orm';
import { callTransfers } from '../../db/schema/call-transfers.ts';
import { calls } from '../../db/schema/calls.ts';
import type { AgentDefinition } from '../agents/definition.ts';
import { withMachinePolicy } from '../campaigns/machine-policy.ts';
import type { OperationContext } from '../context.ts';
import { hasKnowledge } from '../knowledge/has-knowledge.ts';
import { withThread } from '../threads/with-thread.ts';
import type { Call } from './call.ts';
import { silenceOf } from './control/silence.ts';
import type { CallEvent } from './events.ts';
import { fillCall } from './fill-call.ts';
import { type CallPlan, callerIdentity, personIdentity } from './plan.ts';
import { toolsOf, wordsOfUse } from './tool-uses.ts';
import { readEvents, type TranscriptTurn, transcriptOf } from './transcript.ts';

const rememberedUses = 20;

/** Long enough for a phone to ring out; somebody who calls in is there already. */
const joinTimeoutMs = { inbound: 30_000, outbound: 120_000, web: 60_000 } as const;

/** The plan of a call as its row stands: the worker of a later epoch gets what was said so far. */
export async function resolvePlan(ctx: OperationContext, call: Call): Promise<CallPlan> {
  const { agentId, agentName, variables, missing, ...filled } = await fillCall(ctx, call);
  await reportMissing(ctx, call, missing);
  const definition = { ...filled.definition, ...(await ofTheCall(ctx, call)) };
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

/** What whoever has the call by now does not change: what the caller was told, and what a campaign reckons with. */
async function ofTheCall(ctx: OperationContext, call: Call): Promise<Partial<AgentDefinition>> {
  if (call.currentVersionId === null) return {};
  const { definition } = await fillCall(ctx, { ...call, currentVersionId: null });
  const { maxCallDurationMs, durationWarning, recording } = definition;
  return { maxCallDurationMs, durationWarning, recording };
}

/** Also before the answer: a supervisor may mute an agent while it rings. */
async function silenceNow(ctx: OperationContext, call: Call): Promise<Pick<CallPlan, 'silence'>> {
  if (call.epoch === 1) return {};
  const silence = await silenceOf(ctx, call.id);
  return silence.muted || silence.takenOver ? { silence } : {};
}

/** Written with the call, so that whoever looks at it knows why a sentence had a hole, whichever agent said it. */
async function reportMissing(ctx: OperationContext, call: Call, lacking: readonly string[]): Promise<void> {
  const missing = [...new Set([...call.missingVariables, ...lacking])];
  if (missing.length === call.missingVariables.length) return;
  ctx.log.warn({ callId: call.id, agentId: call.agentId, missing }, 'variables without a value became empty');
  await ctx.db.update(calls).set({ missingVariables: missing }).where(eq(calls.id, call.id));
}

/** A call that nobody has answered yet starts from the beginning, whichever worker takes it. */
async function resumeOf(ctx: OperationContext, call: Call): Promise<CallPlan['resume']> {
  if (call.epoch === 1 || call.answeredAt === null) return null;
  const events = await readEvents(ctx.db, call.id);
  const turns = transcriptOf(events).filter((turn) => turn.text !== '');
  const guests = await guestsOf(ctx, call.id, events);
  const uses = toolsOf(events).map((use) => ({ at: use.at, words: wordsOfUse(use) }));
  const brokenOff = transfersBrokenOff(events, guests);
  return {
    history: turns.map(({ role, text }) => ({ role, text })),
    ...doneBetween(
      turns,
      [...uses, ...brokenOff].sort((a, b) => a.at - b.at),
    ),
    answeredAt: call.answeredAt.getTime(),
    ...recordingOf(events),
    ...(guests.length > 0 ? { guests } : {}),
  };
}

type Guest = NonNullable<NonNullable<CallPlan['resume']>['guests']>[number];

/** A caller on hold for whom nobody came is spoken to by whoever has the call then. */
function transfersBrokenOff(events: readonly CallEvent[], guests: readonly Guest[]): Deed[] {
  const finished = new Set(
    events.flatMap((event) => (event.type === 'transfer.finished' ? (event.transferId ?? []) : [])),
  );
  const joined = new Set(guests.map(({ identity }) => identity));
  return events.flatMap((event) =>
    event.type === 'transfer.started' &&
    !finished.has(event.transferId) &&
    !joined.has(personIdentity(event.transferId))
      ? [
          {
            at: event.at,
            words: `transfer to ${event.name}, which was broken off: the caller is back with you.`,
          },
        ]
      : [],
  );
}

/** Who has joined the caller and the agent; whether they are still there, the room knows. */
async function guestsOf(
  ctx: OperationContext,
  callId: string,
  events: readonly CallEvent[],
): Promise<Guest[]> {
  const { id, targetName, mode, status } = callTransfers;
  const joined = await ctx.db
    .select({ id, name: targetName })
    .from(callTransfers)
    .where(and(eq(callTransfers.callId, callId), eq(mode, 'conference'), eq(status, 'joined')))
    .orderBy(asc(callTransfers.createdAt));
  // Whoever is not known to have been told is not recorded.
  const knows = (transferId: string) =>
    events.some(
      (event) => event.type === 'transfer.finished' && event.transferId === transferId && event.recorded,
    );
  return joined.map((guest) => ({
    ...{ identity: personIdentity(guest.id), name: guest.name },
    recorded: knows(guest.id),
  }));
}

/** What the worker before has done or begun, in words for the model. */
interface Deed {
  /** Epoch ms. */
  readonly at: number;
  readonly words: string;
}

/** So that a worker that takes over does not do it again. */
function doneBetween(
  turns: readonly TranscriptTurn[],
  uses: readonly Deed[],
): Pick<NonNullable<CallPlan['resume']>, 'done'> {
  if (uses.length === 0) return {};
  return {
    done: uses.slice(-rememberedUses).map((use) => ({
      turns: turns.filter(({ startedAt }) => startedAt.getTime() <= use.at).length,
      words: use.words,
    })),
  };
}

function recordingOf(events: readonly CallEvent[]): { recording?: 'on' | 'paused' } {
  const last = events.findLast(({ type }) => type.startsWith('recording.'));
  return last ? { recording: last.type === 'recording.paused' ? 'paused' : 'on' } : {};
}
