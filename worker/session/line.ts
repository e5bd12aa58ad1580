import {
  DisconnectReason,
  ParticipantKind,
  type RemoteParticipant,
  type Room,
  RoomEvent,
} from '@livekit/rtc-node';
import { isPersonIdentity, isSupervisorIdentity } from '../../core/calls/plan.ts';

/** livekit-sip writes the state of the leg here: dialing, ringing, automation, active, hangup. */
const sipStatus = 'sip.callStatus';

/** The person of this call: by identity, or the first one who is neither agent nor recorder. */
export function findCaller(room: Room, identity: string | null): RemoteParticipant | undefined {
  for (const participant of room.remoteParticipants.values())
    if (isCaller(participant, identity)) return participant;
  return undefined;
}

export function isCaller(participant: RemoteParticipant, identity: string | null): boolean {
  if (identity !== null) return participant.identity === identity;
  if (isPersonIdentity(participant.identity) || isSupervisorIdentity(participant.identity)) return false;
  return participant.info.kind === ParticipantKind.SIP || participant.info.kind === ParticipantKind.STANDARD;
}

/** Resolves with the caller when they are in the room. Rejects when the signal aborts. */
export async function waitForCaller(
  room: Room,
  identity: string | null,
  signal: AbortSignal,
): Promise<RemoteParticipant> {
  return await waitForRoom(room, [RoomEvent.ParticipantConnected], signal, () => findCaller(room, identity));
}

/** Resolves when the line is up: the SIP leg is active; a visitor is as soon as they are in the room. */
export async function waitForLine(room: Room, caller: RemoteParticipant, signal: AbortSignal): Promise<void> {
  if (caller.info.kind !== ParticipantKind.SIP) return;
  await waitForRoom(
    room,
    [RoomEvent.ParticipantAttributesChanged],
    signal,
    () => caller.attributes[sipStatus] === 'active' || undefined,
  );
}

async function waitForRoom<T>(
  room: Room,
  events: readonly (RoomEvent.ParticipantConnected | RoomEvent.ParticipantAttributesChanged)[],
  signal: AbortSignal,
  probe: () => T | undefined,
): Promise<T> {
  return await new Promise<T>((resolve, reject) => {
    const check = () => {
      const answer = probe();
      if (answer !== undefined) finish(() => resolve(answer));
    };
    const abort = () => finish(() => reject(signal.reason));
    const finish = (settle: () => void) => {
      for (const event of events) room.off(event, check);
      signal.removeEventListener('abort', abort);
      settle();
    };
    for (const event of events) room.on(event, check);
    signal.addEventListener('abort', abort, { once: true });
    if (signal.aborted) abort();
    else check();
  });
}

/** The name of a disconnect reason, for people. */
export const reasonName = (reason: DisconnectReason | undefined): string =>
  (reason === undefined ? undefined : DisconnectReason[reason]) ?? 'UNKNOWN_REASON';
