import { ignoreGone, type LiveKit } from './livekit.ts';
import { closeRoom, isPerson, participantsOf } from './rooms.ts';

/**
 * Ends a call from outside. The order, and why:
 *
 * 1. The caller's leg is removed. livekit-sip sends BYE to a leg that is up and CANCEL to one that still rings, so the
 *    phone is free at once, whatever happens next.
 * 2. A short moment for the agent, which sees its caller leave, to say its last events (`ended`, usage) and to go.
 * 3. The room is deleted, which takes away whoever is still in it.
 *
 * Deleting the room alone would also free the phone, but the agent would lose the room in the middle of its report.
 */
export async function hangUp(
  livekit: LiveKit,
  { roomName, graceMs = 1_500 }: { roomName: string; graceMs?: number },
): Promise<void> {
  const present = await participantsOf(livekit, roomName);
  if (present === null) return;
  for (const one of present.filter(isPerson))
    await ignoreGone(livekit.rooms.removeParticipant(roomName, one.identity));
  const deadline = Date.now() + graceMs;
  while (Date.now() < deadline) {
    if (((await participantsOf(livekit, roomName)) ?? []).length === 0) break;
    await new Promise((resolve) => setTimeout(resolve, 150));
  }
  await closeRoom(livekit, roomName);
}
