import {
  beginDial,
  clearDial,
  type DialRoute,
  putOffDial,
  recordDialOutcome,
} from '../../core/calls/index.ts';
import { agentIdentity, type CallPlan } from '../../core/calls/plan.ts';
import { retry } from '../../platform/retry.ts';
import { type DialResult, dial, watchLeg } from '../../sip/dial.ts';
import { closeRoom, openRoom, participantsOf } from '../../sip/rooms.ts';
import type { JobServices } from '../services.ts';
import { bringAgent } from './agent.ts';
import { paceInvite } from './pace-invite.ts';
import { paceQueued } from './pace-queued.ts';

/**
 * The life of an outbound call up to its answer (design, section 4): `dialing` is committed, then the room is made, the
 * agent comes and has its greeting ready, and only then the phone rings.
 *
 * At most one INVITE (decision 4): only the run that got the call out of `queued` sends it. Any later run of the same
 * job finds `dialing` and looks up in LiveKit what became of it.
 */
export async function dialCall(services: JobServices, callId: string): Promise<string> {
  // Before anything is committed: a run that is lost while it waits is simply run again.
  await paceQueued(services, callId);
  const begun = await beginDial(services.ctx, { callId });
  if ('skip' in begun) {
    services.log.info({ callId, reason: begun.skip }, 'nothing to dial');
    return `skipped: ${begun.skip}`;
  }
  const { plan } = begun;
  const result = begun.resume
    ? await watchLeg(services.livekit, {
        callId,
        roomName: plan.roomName,
        patienceMs: services.limits.ringMs + 10_000,
      })
    : await place(services, begun);
  if (result === 'not cleared') {
    await tidyUp(services, plan.roomName);
    return 'not cleared';
  }
  await record(services, callId, result);
  if (result.outcome !== 'answered') await tidyUp(services, plan.roomName);
  return result.outcome;
}

/** `not cleared`: the campaign's last word, or its trunk's, was no, and is written down. */
async function place(
  services: JobServices,
  { plan, trunk, toNumber, needsClearance }: DialRoute,
): Promise<DialResult | 'not cleared'> {
  try {
    const agent = await prepare(services, plan);
    if (!agent.ok) return { ...refuse(agent.detail), outcome: agent.roomClosed ? 'canceled' : 'failed' };
    if (needsClearance && !(await paceInvite(services, plan.callId))) {
      await putOffDial(services.ctx, { callId: plan.callId, reason: 'trunk_busy' });
      services.log.info({ callId: plan.callId, reason: 'trunk_busy' }, 'a call was not cleared');
      return 'not cleared';
    }
    // The last look before the phone rings: nobody has ended the call, and the agent is still there.
    const present = await participantsOf(services.livekit, plan.roomName);
    if (present === null)
      return { ...refuse('The call was ended before the phone rang.'), outcome: 'canceled' };
    if (!present.some((one) => one.identity === agentIdentity(plan.callId, plan.epoch)))
      return refuse('The worker of the call was lost before the phone rang.');
  } catch (error) {
    services.log.error({ err: error, callId: plan.callId }, 'a call could not be prepared');
    return refuse(`LiveKit could not be used, so nothing was dialed: ${wordsOf(error)}`);
  }
  if (needsClearance) {
    // Not tried again when it fails: it may have been committed, and then nobody knows whether the phone rang.
    const clearance = await clearDial(services.ctx, { callId: plan.callId });
    if ('skip' in clearance) {
      services.log.info({ callId: plan.callId, reason: clearance.skip }, 'a call was not cleared');
      return 'not cleared';
    }
  }
  return dial(
    services.livekit,
    {
      callId: plan.callId,
      roomName: plan.roomName,
      outboundTrunkId: trunk.outboundTrunkId,
      fromNumber: trunk.fromNumber,
      toNumber,
      krispEnabled: false,
      ringTimeoutMs: services.limits.ringMs,
    },
    services.log,
  );
}

async function prepare(services: JobServices, plan: CallPlan) {
  await retry(() => openRoom(services.livekit, plan.roomName), { attempts: 4, baseMs: 300 });
  return bringAgent(services, plan, { goal: 'ready', eachMs: services.limits.agentReadyMs });
}

/** The verdict is the one thing that must not get lost, so it is tried for about a minute before the job is. */
async function record(services: JobServices, callId: string, result: DialResult): Promise<void> {
  const { outcome, sipStatus, sipReason, detail } = result;
  services.log.info({ callId, outcome, sipStatus, reason: detail }, 'a call was dialed');
  await retry(
    () =>
      recordDialOutcome(services.ctx, {
        callId,
        outcome,
        detail,
        ...(sipStatus === null ? {} : { sipStatus }),
        ...(sipReason === null ? {} : { sipReason }),
      }),
    { attempts: 12, baseMs: 200, maxMs: 8_000 },
  );
  if (result.trunkLost) await services.queues.get('heal-numbers').add('heal-numbers', {});
}

async function tidyUp(services: JobServices, roomName: string): Promise<void> {
  await closeRoom(services.livekit, roomName).catch((error: unknown) =>
    services.log.warn({ err: error, roomName }, 'the room of a failed call could not be closed'),
  );
}

const refuse = (detail: string): DialResult => ({
  outcome: 'failed',
  sipStatus: null,
  sipReason: null,
  detail,
});

const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
