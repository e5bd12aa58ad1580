import { DisconnectReason, type Room, RoomEvent } from '@livekit/rtc-node';
import { isMadeAnew } from '../../../core/calls/made-anew.ts';
import { agentStateAttribute, callIdAttribute, isPersonIdentity } from '../../../core/calls/plan.ts';
import { awayMs } from '../guests.ts';
import { jobTerminated } from '../host.ts';
import { reasonName } from '../line.ts';
import type { CallParts } from '../parts.ts';
import { within } from '../within.ts';

const stepTimeoutMs = 5_000;
/** LiveKit says that a job is over before the room says why. */
const roomWordsMs = 1_000;

/**
 * The agent has left the conversation, and its worker stays in the room as a recorder: without a track, a recogniser, a
 * model or a voice. It keeps its slot. Ends the recording when the caller has hung up, or the last one they were put
 * through to, and answers that in words; undefined: the worker itself has to go, or cannot record any more, and they
 * talk on. `release` lets go of what an agent needs and a recorder does not.
 */
export async function recordBridged(
  parts: CallParts,
  caller: string,
  release: () => Promise<void>,
): Promise<string | undefined> {
  const { recording, log } = parts;
  log.info('the agent has put the caller through and records on');
  const over = untilApart(parts, caller);
  await fallSilent(parts, release);
  const detail = await over;
  await within(
    stepTimeoutMs,
    recording.stop(
      detail === undefined ? 'The worker had to stop; the call goes on and is not recorded.' : '',
    ),
  );
  return detail;
}

function untilApart({ ctx, host, recording }: CallParts, caller: string): Promise<string | undefined> {
  const { room } = ctx;
  return new Promise((resolve) => {
    const look = () => {
      if (!areTogether(room, caller)) resolve('One of the two who were connected has hung up.');
    };
    room.on(RoomEvent.ParticipantDisconnected, ({ disconnectReason }) => {
      if (isMadeAnew(reasonName(disconnectReason))) setTimeout(look, awayMs);
      else look();
    });
    room.on(RoomEvent.Disconnected, (reason) =>
      resolve(isClosed(reason) ? 'The room was closed.' : undefined),
    );
    const stop = () =>
      setTimeout(() => resolve(undefined), host.stopping.reason === jobTerminated ? roomWordsMs : 0);
    host.stopping.addEventListener('abort', stop, { once: true });
    recording.over.addEventListener('abort', () => resolve(undefined), { once: true });
    if (host.stopping.aborted) stop();
    if (recording.over.aborted) resolve(undefined);
    look();
  });
}

/** The caller, and somebody whom they were put through to, after a conference more than one. */
export const areTogether = (
  { remoteParticipants }: Pick<Room, 'remoteParticipants'>,
  caller: string,
): boolean => remoteParticipants.has(caller) && [...remoteParticipants.keys()].some(isPersonIdentity);

const isClosed = (reason: DisconnectReason | undefined): boolean =>
  reason === DisconnectReason.ROOM_DELETED || reason === DisconnectReason.ROOM_CLOSED;

async function fallSilent({ ctx, plan, input }: CallParts, release: () => Promise<void>): Promise<void> {
  const own = ctx.room.localParticipant;
  const state = { [callIdAttribute]: plan.callId, [agentStateAttribute]: 'recording' };
  await within(stepTimeoutMs, own?.setAttributes(state));
  for (const { sid, track } of [...(own?.trackPublications.values() ?? [])]) {
    if (sid) await within(stepTimeoutMs, own?.unpublishTrack(sid));
    await within(stepTimeoutMs, track?.close());
  }
  await within(stepTimeoutMs, input.close());
  await release();
}
