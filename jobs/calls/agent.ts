import { setTimeout as sleep } from 'node:timers/promises';
import {
  agentIdentity,
  agentStateAttribute,
  type CallPlan,
  type DispatchMetadata,
} from '../../core/calls/plan.ts';
import { ignoreGone } from '../../sip/livekit.ts';
import { participantsOf } from '../../sip/rooms.ts';
import type { JobServices } from '../services.ts';

/** `ready`: the greeting is synthesised. `joined`: it is in the room, which is enough for a call that goes on. */
export type AgentGoal = 'ready' | 'joined';

export type AgentVerdict =
  | { readonly ok: true }
  /** `roomClosed`: somebody ended the call meanwhile. */
  | { readonly ok: false; readonly roomClosed: boolean; readonly detail: string };

/** How often the room is looked at, should an event have been missed. */
const lookEveryMs = 400;
/** LiveKit carries a dispatch's metadata in several messages; beyond this the worker fetches the plan itself. */
const inlinePlanBytes = 60_000;

/**
 * Dispatches an agent with the plan into its room and makes sure it comes (decision 11): LiveKit accepts a dispatch
 * that no worker takes and never tries again. Without a sign of life it is dispatched once more; an agent that has
 * joined but is not ready gets the same time again instead. Throws when LiveKit cannot be reached.
 */
export async function bringAgent(
  services: JobServices,
  plan: CallPlan,
  { goal, eachMs }: { goal: AgentGoal; eachMs: number },
): Promise<AgentVerdict> {
  const watch = await watchAgent(services, plan);
  try {
    for (let attempt = 1; attempt <= 2; attempt++) {
      const dispatched = await dispatchAgent(services, plan);
      const seen = await watch.until(goal, eachMs);
      if (seen === 'joined' && goal === 'ready') {
        const later = await watch.until(goal, eachMs);
        return later === goal ? { ok: true } : failed(later, later === 'joined' ? notReady(2 * eachMs) : '');
      }
      if (seen === goal || seen === 'ready') return { ok: true };
      if (seen !== 'nobody') return failed(seen, watch.lastWords());
      services.log.warn({ callId: plan.callId, attempt }, 'no worker took the call');
      await takeBack(services, plan.roomName, dispatched);
    }
    return failed('nobody', `No worker took the call within ${Math.round((2 * eachMs) / 1_000)} s.`);
  } finally {
    watch.stop();
  }
}

type Seen = AgentGoal | 'nobody' | 'ended' | 'room-closed';

const notReady = (ms: number): string =>
  `The agent joined, but was not ready to speak within ${Math.round(ms / 1_000)} s.`;

function failed(seen: Seen, detail: string): AgentVerdict {
  if (seen === 'room-closed') return { ok: false, roomClosed: true, detail: 'The call was ended meanwhile.' };
  if (seen === 'ended')
    return { ok: false, roomClosed: false, detail: detail || 'The agent gave up at once.' };
  return { ok: false, roomClosed: false, detail };
}

export async function dispatchAgent(services: JobServices, plan: CallPlan): Promise<string> {
  const inline: DispatchMetadata = { kind: 'plan', plan };
  const text = JSON.stringify(inline);
  const byId: DispatchMetadata = { kind: 'call', callId: plan.callId, epoch: plan.epoch };
  const metadata = Buffer.byteLength(text) > inlinePlanBytes ? JSON.stringify(byId) : text;
  const { id } = await services.livekit.dispatch.createDispatch(plan.roomName, services.agentName, {
    metadata,
  });
  return id;
}

/** Two agents must not come because the first was merely slow. */
const takeBack = (services: JobServices, room: string, dispatchId: string): Promise<void> =>
  ignoreGone(services.livekit.dispatch.deleteDispatch(dispatchId, room)).catch(() => undefined);

interface AgentWatch {
  /** What the agent has come to when the goal is reached, all is over, or the time is up. */
  until(goal: AgentGoal, timeoutMs: number): Promise<Seen>;
  /** Why it ended, in its own words. */
  lastWords(): string;
  stop(): void;
}

async function watchAgent({ callEvents, livekit }: JobServices, plan: CallPlan): Promise<AgentWatch> {
  let seen: Seen = 'nobody';
  let words = '';
  let changed = new AbortController();
  const note = (next: Seen) => {
    if (rank[next] <= rank[seen]) return;
    seen = next;
    changed.abort();
    changed = new AbortController();
  };
  const stop = await callEvents.on(plan.callId, (event) => {
    if (event.epoch !== plan.epoch) return;
    if (event.type === 'agent.joined') note('joined');
    if (event.type === 'agent.ready') note('ready');
    if (event.type === 'ended') {
      words = event.detail;
      note('ended');
    }
  });
  const identity = agentIdentity(plan.callId, plan.epoch);
  const look = async () => {
    const present = await participantsOf(livekit, plan.roomName);
    if (present === null) return note('room-closed');
    const agent = present.find((one) => one.identity === identity);
    if (agent) note(agent.attributes[agentStateAttribute] === 'ready' ? 'ready' : 'joined');
  };
  return {
    lastWords: () => words,
    stop,
    until: async (goal, timeoutMs) => {
      const deadline = Date.now() + timeoutMs;
      while (rank[seen] < rank[goal] && Date.now() < deadline) {
        await sleep(lookEveryMs, undefined, { signal: changed.signal }).catch(() => undefined);
        if (rank[seen] < rank[goal]) await look().catch(() => undefined);
      }
      return seen;
    },
  };
}

const rank: Record<Seen, number> = { nobody: 0, joined: 1, ready: 2, ended: 3, 'room-closed': 3 };
