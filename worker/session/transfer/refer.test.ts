import { EventEmitter } from 'node:events';
import { type Room, RoomEvent } from '@livekit/rtc-node';
import { describe, expect, it } from 'vitest';
import { unlessMoved } from './refer.ts';

describe('a REFER whose answer was lost', () => {
  const lost = new Error('twirp error unknown: transaction failed to complete (0 intermediate responses)');

  function aRoom() {
    const emitter = new EventEmitter();
    const remoteParticipants = new Map([['sip_caller', {}]]);
    const room = Object.assign(emitter, { remoteParticipants }) as unknown as Room;
    const leave = () => {
      remoteParticipants.clear();
      emitter.emit(RoomEvent.ParticipantDisconnected);
    };
    return { emitter, room, leave };
  }

  it('was accepted when the caller goes', async () => {
    const { emitter, room, leave } = aRoom();
    const moved = unlessMoved(lost, room, 'sip_caller', 30_000);
    leave();
    await moved;
    expect(emitter.listenerCount(RoomEvent.ParticipantDisconnected)).toBe(0);
  });

  it('was accepted when the caller has gone already', async () => {
    const { room, leave } = aRoom();
    leave();
    await unlessMoved(lost, room, 'sip_caller', 30_000);
  });

  it('was not when the caller stays', async () => {
    const { emitter, room } = aRoom();
    await expect(unlessMoved(lost, room, 'sip_caller', 10)).rejects.toBe(lost);
    expect(emitter.listenerCount(RoomEvent.ParticipantDisconnected)).toBe(0);
  });

  it('is another matter than a refusal, which is one at once', async () => {
    const refusal = new Error('twirp error unknown: 603 Decline');
    await expect(unlessMoved(refusal, aRoom().room, 'sip_caller', 30_000)).rejects.toBe(refusal);
  });
});
