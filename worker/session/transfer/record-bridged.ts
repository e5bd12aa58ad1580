import { DisconnectReason, RoomEvent } from '@livekit/rtc-node';
import { agentStateAttribute, callIdAttribute } from '../../../core/calls/plan.ts';
import { awayMs } from '../guests.ts';
import { jobTerminated } from '../host.ts';
import { isMadeAnew } from '../line.ts';
import type { CallParts } from '../parts.ts';
import { within } from '../within.ts';

const stepTimeoutMs = 5_000;
/** LiveKit says that a job is over before the room says why. */
const roomWordsMs = 1_000;

/**
 * The agent has left the conversation, and its worker stays in the room as a recorder: without a track, a recogniser, a
 * model or a voice. It keeps its slot. Ends the recording when one of the two has hung up, and answers that in words;
 * undefined: the worker itself has to go, or cannot record any more, and the two talk on. `release` lets go of what an
 * agent needs and a recorder does not.
 */
export async function recordBridged(
  parts: CallParts,
  two: readonly string[],
  release: () => Promise<void>,
): Promise<string | undefined> {
  const { recording, log } = parts;
  log.info('the agent has put the caller through and records on');
  const over = untilApart(parts, two);
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

function untilApart(
  { ctx, host, recording }: CallParts,
  two: readonly string[],
): Promise<string | undefined> {
  const { room } = ctx;
  return new Promise((resolve) => {
    const look = () => {
      if (two.some((identity) => !room.remoteParticipants.has(identity)))
        resolve('One of the two who were connected has hung up.');
    };
    room.on(RoomEvent.ParticipantDisconnected, ({ disconnectReason }) => {
      if (isMadeAnew(disconnectReason)) setTimeout(look, awayMs);
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
