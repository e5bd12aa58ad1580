import { JobStatus } from '@livekit/protocol';
import type { Room } from 'livekit-server-sdk';
import {
  abandonCall,
  awaitAgent,
  type Call,
  hasNeverHadAgent,
  listCallsOfRooms,
  startInboundCall,
} from '../../core/calls/index.ts';
import { type DispatchMetadata, dispatchMetadata } from '../../core/calls/plan.ts';
import type { HostHeartbeat } from '../../core/fleet.ts';
import { hangUp } from '../../sip/hang-up.ts';
import { ignoreGone, isUnreachable } from '../../sip/livekit.ts';
import { isAgent, isPerson, participantsOf } from '../../sip/rooms.ts';
import { inboundRoomPrefix } from '../../sip/trunks.ts';
import type { JobServices } from '../services.ts';

/** A worker that is free has the call long before. */
const waitsAfterMs = 2_000;
/** A worker that has taken a dispatch, or was just asked, is given this long to come into the room. */
const comesWithinMs = 10_000;
const answersWithinMs = 3_000;

/** Somebody who has called and for whom no agent has come. */
interface Waiting {
  readonly room: string;
  readonly sinceMs: number;
  /** What their dispatches say; all of the room's are about the same call. */
  readonly metadata: string;
  readonly dispatchIds: readonly string[];
  /** A worker may still answer: it has the call, or was asked a moment ago. */
  readonly asked: boolean;
}

/**
 * The sweep for callers and visitors who came while every slot was taken. livekit-server offers a room's agent once;
 * when no worker takes it, the phone rings and nobody is ever asked again. So each of them gets a call (it counts as
 * ringing, the autoscaler sees it, and it is there when the caller gives up), is offered again as soon as a host has
 * room, the longest wait first, and is turned away with words after `limits.waitMs`.
 */
export async function seatCallers(services: JobServices): Promise<string> {
  const rooms = await roomsOfCallers(services);
  if (rooms === null) return 'LiveKit cannot be reached';
  if (rooms.length === 0) return 'nobody waits';
  const hosts = (await services.core.ports.fleet.hosts()).filter(
    (one) => one.agentName === services.agentName,
  );
  const known = await listCallsOfRooms(services.ctx, { roomNames: rooms.map(({ name }) => name) });
  const callOf = new Map(known.map((call) => [call.roomName, call]));
  const carried = new Set(hosts.flatMap((host) => host.calls));
  const waiting: Waiting[] = [];
  for (const room of rooms) {
    const call = callOf.get(room.name);
    if (call && (!hasNeverHadAgent(call) || carried.has(call.id))) continue;
    const found = await waitingIn(services, room);
    if (found) waiting.push(found);
  }
  waiting.sort((a, b) => a.sinceMs - b.sinceMs);
  let free = freeSlots(hosts) - waiting.filter(({ asked }) => asked).length;
  for (const one of waiting) {
    try {
      const call = await noteWaiting(services, one, callOf.get(one.room));
      if (one.asked || call === null) continue;
      if (Date.now() - one.sinceMs > services.limits.waitMs) await turnAway(services, one, call, hosts);
      else if (free-- > 0) await offer(services, one, call);
    } catch (error) {
      services.log.warn({ err: error, room: one.room }, 'a waiting caller could not be looked after');
    }
  }
  return `waiting: ${waiting.length}`;
}

/**
 * Rooms that people open by calling us: what LiveKit's dispatch rules and our visitors' tokens name. Null: LiveKit is
 * away, and nobody can wait there.
 */
async function roomsOfCallers({ livekit }: JobServices): Promise<Room[] | null> {
  const now = Date.now();
  const all = await livekit.rooms.listRooms().catch((error: unknown) => {
    if (isUnreachable(error)) return null;
    throw error;
  });
  if (all === null) return null;
  return all.filter(
    (room) =>
      room.numParticipants > 0 &&
      (room.name.startsWith(`${inboundRoomPrefix}_`) || room.name.startsWith('web-')) &&
      now - openedAt(room) > waitsAfterMs,
  );
}

const openedAt = (room: Room): number => Number(room.creationTimeMs) || Number(room.creationTime) * 1_000;

async function waitingIn({ livekit, agentName }: JobServices, room: Room): Promise<Waiting | null> {
  const present = (await participantsOf(livekit, room.name)) ?? [];
  const person = present.find(isPerson);
  if (!person || present.some(isAgent)) return null;
  const dispatches = (await livekit.dispatch.listDispatch(room.name)).filter(
    (one) => one.agentName === agentName,
  );
  const [first] = dispatches;
  if (!first) return null;
  const now = Date.now();
  return {
    room: room.name,
    // A visitor's room may be older than the visitor.
    sinceMs: Number(person.joinedAtMs) || openedAt(room),
    metadata: first.metadata,
    dispatchIds: dispatches.map(({ id }) => id),
    asked: dispatches.some(({ state }) => {
      if (now - fromNanos(state?.createdAt) < answersWithinMs) return true;
      return state?.jobs.some(
        ({ state: job }) =>
          (job?.status === JobStatus.JS_PENDING || job?.status === JobStatus.JS_RUNNING) &&
          now - fromNanos(job.startedAt || job.updatedAt) < comesWithinMs,
      );
    }),
  };
}

const fromNanos = (nanos: bigint | undefined): number => Number((nanos ?? 0n) / 1_000_000n);

/** Slots that hosts would fill now. Where no host reports (the stock agent server), one is tried. */
function freeSlots(hosts: readonly HostHeartbeat[]): number {
  if (hosts.length === 0) return 1;
  return hosts
    .filter((host) => !host.draining)
    .reduce((sum, host) => sum + Math.max(0, host.slots - host.active), 0);
}

/** The call of somebody who waits, written if it is not there. Null: it is none of ours, or over. */
async function noteWaiting(
  services: JobServices,
  { room, metadata: text }: Waiting,
  call: Call | undefined,
): Promise<string | null> {
  if (call) {
    if (call.status === 'queued') await awaitAgent(services.ctx, { callId: call.id });
    return call.id;
  }
  const metadata = readMetadata(text);
  if (metadata?.kind !== 'inbound') return null;
  const { callId } = await startInboundCall(services.ctx, {
    phoneNumberId: metadata.phoneNumberId,
    roomName: room,
  });
  services.log.warn({ callId, room }, 'a caller waits: no worker has taken the call');
  return callId;
}

function readMetadata(text: string): DispatchMetadata | null {
  try {
    return dispatchMetadata.parse(JSON.parse(text));
  } catch {
    return null;
  }
}

/** Asks the fleet once more, with the words of the first time. */
async function offer(
  { livekit, agentName, log }: JobServices,
  { room, metadata, dispatchIds, sinceMs }: Waiting,
  callId: string,
): Promise<void> {
  // The new one first: a room is never left without the words of its dispatch.
  await livekit.dispatch.createDispatch(room, agentName, { metadata });
  for (const id of dispatchIds) await ignoreGone(livekit.dispatch.deleteDispatch(id, room));
  log.info({ callId, waitedMs: Date.now() - sinceMs }, 'a waiting caller is offered to the fleet again');
}

async function turnAway(
  { ctx, livekit, log }: JobServices,
  { room, sinceMs }: Waiting,
  callId: string,
  hosts: readonly HostHeartbeat[],
): Promise<void> {
  const seconds = Math.round((Date.now() - sinceMs) / 1_000);
  const slots = hosts.reduce((sum, host) => sum + host.slots, 0);
  const detail =
    hosts.length === 0
      ? `No worker host was there for ${seconds} s.`
      : `${slots === 1 ? 'The one slot' : `All ${slots} slots`} of the worker hosts ${slots === 1 ? 'was' : 'were'} taken for ${seconds} s. More hosts or slots (WORKER_HOSTS, WORKER_SLOTS) take more calls.`;
  log.warn({ callId, detail }, 'a caller is turned away');
  await abandonCall(ctx, { callId, reason: 'no_capacity', detail });
  await hangUp(livekit, { roomName: room, graceMs: 0 });
}
