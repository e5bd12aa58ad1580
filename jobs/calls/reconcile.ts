import type { ParticipantInfo } from 'livekit-server-sdk';
import {
  abandonCall,
  type Call,
  endBridgedCall,
  finalizeCall,
  listOpenCalls,
} from '../../core/calls/index.ts';
import { hangUp } from '../../sip/hang-up.ts';
import { isUnreachable } from '../../sip/livekit.ts';
import { isAgent, isPerson, participantsOf } from '../../sip/rooms.ts';
import type { JobServices } from '../services.ts';
import { type Finding, judge } from './judge.ts';

/**
 * The sweep: looks at every call that is not closed and has not moved for a while, and puts right what a lost job, a
 * killed process or a lost message left behind. It only reads, enqueues and closes; it never dials.
 */
export async function reconcileCalls(services: JobServices): Promise<string> {
  const calls = await listOpenCalls(services.ctx, { olderThanMs: services.limits.sweepAfterMs });
  if (calls.length === 0) return 'nothing open';
  const carried = await callsOnHosts(services);
  const eventsWaiting = await waitingEvents(services);
  const counts = new Map<Finding['do'], number>();
  for (const call of calls) {
    try {
      const done = await reconcileOne(services, call, carried, eventsWaiting);
      counts.set(done, (counts.get(done) ?? 0) + 1);
    } catch (error) {
      services.log.warn({ err: error, callId: call.id }, 'a call could not be reconciled');
      // Without LiveKit nothing can be judged; the next sweep tries again.
      if (isUnreachable(error)) break;
    }
  }
  return [...counts].map(([what, count]) => `${what}: ${count}`).join(', ');
}

async function reconcileOne(
  services: JobServices,
  call: Call,
  carried: ReadonlySet<string>,
  eventsWaiting: boolean,
): Promise<Finding['do']> {
  const room = call.status === 'ended' ? null : await participantsOf(services.livekit, call.roomName);
  const finding = judge({
    call,
    now: Date.now(),
    room: room && {
      people: room.filter(isPerson).length,
      agent: room.some((one: ParticipantInfo) => isAgent(one)),
    },
    carried: carried.has(call.id),
    eventsWaiting,
    dialJobWaiting: call.status === 'queued' && (await hasDialJob(services, call.id)),
  });
  if (finding.do !== 'leave')
    services.log.info({ callId: call.id, status: call.status, ...finding }, 'a call is reconciled');
  await act(services, call, finding);
  return finding.do;
}

async function act(services: JobServices, call: Call, finding: Finding): Promise<void> {
  const callId = call.id;
  const { queues, ctx, livekit } = services;
  const round = Date.now();
  switch (finding.do) {
    case 'leave':
      return;
    case 'finalize':
      await finalizeCall(ctx, { callId });
      return;
    case 'dial':
      // The key is core's own (core/calls/place.ts): a dial job that is there after all swallows this one.
      return queues.send([
        {
          name: 'dial-call',
          payload: { callId },
          jobId: `sweep-dial-${callId}-${round}`,
          key: `dial-${callId}`,
          delayMs: 0,
        },
      ]);
    case 'rescue':
      return queues.send([
        {
          name: 'rescue-call',
          payload: { callId, epoch: call.epoch },
          jobId: `sweep-rescue-${callId}-${call.epoch}-${round}`,
          key: `rescue-${callId}-${call.epoch}`,
          delayMs: 0,
        },
      ]);
    case 'end-bridged':
      await endBridgedCall(ctx, {
        ...{ callId, detail: 'One of the two who were connected is gone.' },
        recorderLost: true,
      });
      return;
    case 'abandon':
      await abandonCall(ctx, { callId, reason: finding.reason, detail: finding.detail });
      return hangUp(livekit, { roomName: call.roomName, graceMs: 0 });
  }
}

/** Calls that a living worker host says it carries. */
async function callsOnHosts(services: JobServices): Promise<ReadonlySet<string>> {
  const hosts = await services.core.ports.fleet.hosts();
  return new Set(hosts.flatMap((host) => host.calls));
}

/** While reports are still queued, the database is behind, and nobody may be judged by it. */
async function waitingEvents(services: JobServices): Promise<boolean> {
  const counts = await services.queues.get('record-call-events').getJobCounts('waiting', 'active', 'delayed');
  return Object.values(counts).some((count) => count > 0);
}

async function hasDialJob(services: JobServices, callId: string): Promise<boolean> {
  return (await services.queues.get('dial-call').getDeduplicationJobId(`dial-${callId}`)) !== null;
}
