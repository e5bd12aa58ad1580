import type { ParticipantInfo } from 'livekit-server-sdk';
import { abandonCall, beginRescue } from '../../core/calls/index.ts';
import { agentIdentity, type CallPlan, isPersonIdentity } from '../../core/calls/plan.ts';
import { hangUp } from '../../sip/hang-up.ts';
import { ignoreGone } from '../../sip/livekit.ts';
import { isAgent, isPerson, participantsOf } from '../../sip/rooms.ts';
import type { JobServices } from '../services.ts';
import { bringAgent } from './agent.ts';

/**
 * A call survives its worker (decision 2): the caller is still in the room, so another agent is dispatched there with
 * the conversation so far. When nobody takes it in time, the call ends as failed, with words.
 */
export async function rescueCall(
  services: JobServices,
  { callId, epoch }: { callId: string; epoch: number },
): Promise<string> {
  const plan = await beginRescue(services.ctx, { callId, epoch });
  if (plan === null) return 'over or rescued already';
  const present = (await participantsOf(services.livekit, plan.roomName)) ?? [];
  // Somebody who was being asked to take the caller over is no caller.
  if (!present.some((one) => isPerson(one) && !isPersonIdentity(one.identity))) {
    // Before the phone rings there is nobody to rescue; the dial job sees that its agent is gone and says so.
    if (plan.direction === 'outbound' && plan.resume === null) return 'left to the dial job';
    await close(
      services,
      plan,
      'caller_hung_up',
      'The caller was gone when the worker of the call was lost.',
    );
    return 'the caller is gone';
  }
  await removeDeadAgents(services, plan, present);
  const verdict = await bringAgent(services, plan, {
    goal: 'joined',
    eachMs: Math.floor(services.limits.rescueMs / 2),
  });
  if (verdict.ok) {
    services.log.info({ callId, epoch: plan.epoch }, 'a call was taken over by another worker');
    return 'rescued';
  }
  await close(
    services,
    plan,
    verdict.roomClosed ? 'room_closed' : 'worker_stopped',
    verdict.roomClosed
      ? 'The room was closed while another worker was being found.'
      : `The worker of the call was lost, and no other could take over. ${verdict.detail}`,
  );
  return 'given up';
}

async function removeDeadAgents(
  services: JobServices,
  plan: CallPlan,
  present: readonly ParticipantInfo[],
): Promise<void> {
  const identity = agentIdentity(plan.callId, plan.epoch);
  for (const one of present.filter((each) => isAgent(each) && each.identity !== identity))
    await ignoreGone(services.livekit.rooms.removeParticipant(plan.roomName, one.identity));
}

async function close(
  services: JobServices,
  plan: CallPlan,
  reason: 'caller_hung_up' | 'room_closed' | 'worker_stopped',
  detail: string,
): Promise<void> {
  services.log.warn({ callId: plan.callId, reason, detail }, 'a call could not be rescued');
  await abandonCall(services.ctx, { callId: plan.callId, reason, detail });
  await hangUp(services.livekit, { roomName: plan.roomName, graceMs: 0 });
}
