import { EventEmitter } from 'node:events';
import { DisconnectReason, ParticipantKind, RoomEvent } from '@livekit/rtc-node';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Caller } from './caller.ts';
import { awayMs } from './guests.ts';
import { Outcome } from './outcome.ts';
import type { CallParts } from './parts.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Of a connection that LiveKit has told to come again, or has replaced. */
const madeAnew = [
  DisconnectReason.STATE_MISMATCH,
  DisconnectReason.DUPLICATE_IDENTITY,
  DisconnectReason.MIGRATION,
];
const reasons = Object.values(DisconnectReason).filter(
  (reason) => typeof reason === 'number' && !madeAnew.includes(reason),
);
const named = (all: readonly (string | DisconnectReason)[]) =>
  all.map((reason) => [DisconnectReason[reason as DisconnectReason], reason] as const);

/** The parts that a caller who leaves comes in touch with. */
function parts() {
  const room = Object.assign(new EventEmitter(), { remoteParticipants: new Map<string, object>() });
  const outcome = new Outcome();
  const plan = {
    ...{ callerIdentity: 'caller-7', resume: { history: [], answeredAt: Date.now() }, joinTimeoutMs: 1_000 },
    definition: { maxCallDurationMs: 600_000 },
  };
  return {
    room,
    outcome,
    parts: {
      ...{ ctx: { room }, outcome, plan, events: { emit: vi.fn() } },
      output: { heard: Promise.resolve() },
    } as unknown as CallParts,
  };
}

test.each(named(reasons))('a caller who is gone ends the call at once: %s', (name, disconnectReason) => {
  const { room, outcome, parts: all } = parts();
  new Caller(all).watchRoom();
  room.emit(RoomEvent.ParticipantDisconnected, { identity: 'somebody-else', disconnectReason });
  expect(outcome.ending).toBeUndefined();
  room.emit(RoomEvent.ParticipantDisconnected, { identity: 'caller-7', disconnectReason });
  expect(outcome.ending).toMatchObject({ detail: name, farewell: null });
});

test.each(named(madeAnew))(
  'a caller whose connection is made anew has not hung up, unless they stay away: %s',
  async (name, disconnectReason) => {
    const { room, outcome, parts: all } = parts();
    const caller = new Caller(all);
    caller.watchRoom();
    const visitor = { identity: 'caller-7', info: { kind: ParticipantKind.STANDARD }, attributes: {} };
    room.remoteParticipants.set('caller-7', visitor);
    await caller.awaitAnswer();
    room.remoteParticipants.delete('caller-7');
    room.emit(RoomEvent.ParticipantDisconnected, { identity: 'caller-7', disconnectReason });
    room.remoteParticipants.set('caller-7', visitor);
    await vi.advanceTimersByTimeAsync(2 * awayMs);
    expect(outcome.ending).toBeUndefined();
    room.remoteParticipants.delete('caller-7');
    room.emit(RoomEvent.ParticipantDisconnected, { identity: 'caller-7', disconnectReason });
    await vi.advanceTimersByTimeAsync(awayMs);
    expect(outcome.ending).toMatchObject({ detail: name, farewell: null });
  },
);
