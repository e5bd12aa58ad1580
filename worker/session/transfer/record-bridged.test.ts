import { EventEmitter } from 'node:events';
import { DisconnectReason, RoomEvent } from '@livekit/rtc-node';
import { expect, test, vi } from 'vitest';
import { createLogger } from '../../../platform/log.ts';
import { awayMs } from '../guests.ts';
import { jobTerminated } from '../host.ts';
import type { CallParts } from '../parts.ts';
import { recordBridged } from './record-bridged.ts';

const two = ['caller', 'person-1'];

/** A room with both of them in it, and a worker that has just put them through. */
function rig() {
  const [stopping, over] = [new AbortController(), new AbortController()];
  const steps: string[] = [];
  const room = Object.assign(new EventEmitter(), {
    remoteParticipants: new Map([...two, 'supervisor-1'].map((identity) => [identity, { identity }])),
    localParticipant: {
      setAttributes: async (attributes: Record<string, string>) =>
        void steps.push(`is ${attributes['trunkline.state']}`),
      trackPublications: new Map([
        ['TR_1', { sid: 'TR_1', track: { close: async () => void steps.push('track closed') } }],
      ]),
      unpublishTrack: async (sid: string) => void steps.push(`unpublished ${sid}`),
    },
  });
  const parts = {
    ctx: { room },
    host: { stopping: stopping.signal },
    plan: { callId: 'call-1' },
    log: createLogger('test', { level: 'silent' }),
    input: { close: async () => void steps.push('deaf') },
    recording: {
      over: over.signal,
      stop: async (detail: string) => void steps.push(`stopped: ${detail}`),
    },
  } as unknown as CallParts;
  const ended = recordBridged(parts, 'caller', async () => void steps.push('released'));
  const leave = (identity: string, disconnectReason?: DisconnectReason) => {
    room.remoteParticipants.delete(identity);
    room.emit(RoomEvent.ParticipantDisconnected, { identity, disconnectReason });
  };
  return { ended, steps, room, leave, stopping, over };
}
const silent = ['is recording', 'unpublished TR_1', 'track closed', 'deaf', 'released'];
const goesOn = 'stopped: The worker had to stop; the call goes on and is not recorded.';

test.each(two)('a recorder is silent, and stops when one of the two hangs up: the %s', async (who) => {
  const { ended, steps, leave } = rig();
  leave('supervisor-1');
  leave(who);
  expect(await ended).toBe('One of the two who were connected has hung up.');
  expect(steps).toEqual([...silent, 'stopped: ']);
});

test('after a conference it records until the caller, or the last one they talk with, hangs up', async () => {
  const { ended, leave, room, steps } = rig();
  room.remoteParticipants.set('person-2', { identity: 'person-2' });
  leave('person-1');
  await vi.waitFor(() => expect(steps).toEqual(silent), { timeout: 10_000 });
  leave('person-2');
  expect(await ended).toBe('One of the two who were connected has hung up.');
  const other = rig();
  other.room.remoteParticipants.set('person-2', { identity: 'person-2' });
  other.leave('caller');
  expect(await other.ended).toBe('One of the two who were connected has hung up.');
});

test('a worker that has to stop ends the recording in order and leaves the two together', async () => {
  const { ended, steps, stopping } = rig();
  stopping.abort();
  expect(await ended).toBeUndefined();
  expect(steps).toEqual([...silent, goesOn]);
});

test('a recording that cannot be written any more is not waited for', async () => {
  const { ended, steps, over } = rig();
  over.abort();
  expect(await ended).toBeUndefined();
  expect(steps.at(-1)).toBe(goesOn);
});

test('a room that was closed is the end, also when LiveKit ends the job first; a lost connection is not', async () => {
  const closed = rig();
  closed.stopping.abort(jobTerminated);
  closed.room.emit(RoomEvent.Disconnected, DisconnectReason.ROOM_DELETED);
  expect(await closed.ended).toBe('The room was closed.');
  const lost = rig();
  lost.room.emit(RoomEvent.Disconnected, DisconnectReason.SIGNAL_CLOSE);
  expect(await lost.ended).toBeUndefined();
});

test('one whose connection is made anew has not hung up, unless they stay away', async () => {
  vi.useFakeTimers();
  try {
    const { ended, leave, room } = rig();
    let isOver = false;
    void ended.then(() => {
      isOver = true;
    });
    leave('person-1', DisconnectReason.STATE_MISMATCH);
    room.remoteParticipants.set('person-1', { identity: 'person-1' });
    await vi.advanceTimersByTimeAsync(2 * awayMs);
    expect(isOver).toBe(false);
    leave('caller', DisconnectReason.STATE_MISMATCH);
    await vi.advanceTimersByTimeAsync(awayMs);
    expect(await ended).toBe('One of the two who were connected has hung up.');
  } finally {
    vi.useRealTimers();
  }
});
