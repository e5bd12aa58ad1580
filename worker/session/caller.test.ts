import { EventEmitter } from 'node:events';
import { DisconnectReason, RoomEvent } from '@livekit/rtc-node';
import { expect, test, vi } from 'vitest';
import { Caller } from './caller.ts';
import { Outcome } from './outcome.ts';
import type { CallParts } from './parts.ts';

const reasons = Object.values(DisconnectReason).filter((reason) => typeof reason === 'number');

/** The parts that a caller who leaves comes in touch with. */
function parts() {
  const room = new EventEmitter();
  const outcome = new Outcome();
  const plan = { callerIdentity: 'caller-7', resume: { history: [], answeredAt: 1 } };
  return {
    room,
    outcome,
    parts: { ctx: { room }, outcome, plan, events: { emit: vi.fn() } } as unknown as CallParts,
  };
}

test.each(reasons.map((reason) => [DisconnectReason[reason], reason] as const))(
  'a caller who is gone ends the call at once: %s',
  (name, disconnectReason) => {
    const { room, outcome, parts: all } = parts();
    new Caller(all).watchRoom();
    room.emit(RoomEvent.ParticipantDisconnected, { identity: 'somebody-else', disconnectReason });
    expect(outcome.ending).toBeUndefined();
    room.emit(RoomEvent.ParticipantDisconnected, { identity: 'caller-7', disconnectReason });
    expect(outcome.ending).toMatchObject({ detail: name, farewell: null });
  },
);
