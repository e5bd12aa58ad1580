import { ParticipantInfo_Kind } from '@livekit/protocol';
import type { ParticipantInfo } from 'livekit-server-sdk';
import { ParticipantInfo_State } from 'livekit-server-sdk';
import { isSupervisorIdentity } from '../core/calls/plan.ts';
import { ignoreGone, isGone, type LiveKit } from './livekit.ts';

/** Attribute that livekit-sip keeps on a SIP participant: dialing, ringing, automation, active, hangup. */
export const sipStatusAttribute = 'sip.callStatus';

/** The Call-ID of its SIP messages. */
export const sipCallIdAttribute = 'sip.callIDFull';

/** How long LiveKit keeps a room of ours open without anybody (seconds, as its API counts). */
const emptyTimeout = 60;
const departureTimeout = 10;

/** Makes the room of a call; one that is there already stays as it is. */
export async function openRoom(livekit: LiveKit, name: string): Promise<void> {
  await livekit.rooms.createRoom({ name, emptyTimeout, departureTimeout });
}

/** Ends a room and with it every leg in it: LiveKit's SIP service sends BYE or CANCEL. A room that is gone is fine. */
export const closeRoom = (livekit: LiveKit, name: string): Promise<void> =>
  ignoreGone(livekit.rooms.deleteRoom(name));

/**
 * Everybody in a room; null when there is no such room. Throws when LiveKit cannot be asked. (Of a room that is not
 * there, livekit-server says that it is empty.)
 */
export async function participantsOf(livekit: LiveKit, room: string): Promise<ParticipantInfo[] | null> {
  try {
    const all = await livekit.rooms.listParticipants(room);
    if (all.length === 0 && (await livekit.rooms.listRooms([room])).length === 0) return null;
    return all.filter((one) => one.state !== ParticipantInfo_State.DISCONNECTED);
  } catch (error) {
    if (isGone(error)) return null;
    throw error;
  }
}

/** One participant; null when it is not in the room or there is no room. Throws when LiveKit cannot be asked. */
export async function participant(
  livekit: LiveKit,
  room: string,
  identity: string,
): Promise<ParticipantInfo | null> {
  return (await participantsOf(livekit, room))?.find((one) => one.identity === identity) ?? null;
}

/** Somebody to talk with: a phone or a visitor, not somebody of ours who listens. */
export const isPerson = (one: Pick<ParticipantInfo, 'kind' | 'identity'>): boolean =>
  !isSupervisorIdentity(one.identity) &&
  (one.kind === ParticipantInfo_Kind.SIP || one.kind === ParticipantInfo_Kind.STANDARD);
export const isAgent = (one: Pick<ParticipantInfo, 'kind'>): boolean =>
  one.kind === ParticipantInfo_Kind.AGENT;
