import { EventEmitter } from 'node:events';
import { RoomEvent } from '@livekit/rtc-node';
import { beforeEach, expect, test, vi } from 'vitest';
import { controlTopic, sealCommand } from '../../../core/calls/control/command.ts';
import { createLogger } from '../../../platform/log.ts';
import type { CallParts } from '../parts.ts';
import { ControlLink } from './control-link.ts';
import { Refusal } from './refusal.ts';

const callId = '0198f3c0-0000-7000-8000-000000000001';
const secret = 'the internal token';
let room: EventEmitter;
let emit: ReturnType<typeof vi.fn>;
const carryOut = vi.fn(async () => 'Done.');

beforeEach(() => {
  room = new EventEmitter();
  emit = vi.fn();
  carryOut.mockReset().mockResolvedValue('Done.');
  const parts = {
    ctx: { room },
    plan: { callId },
    log: createLogger('test', { level: 'silent' }),
    events: { emit },
    host: { config: { secrets: { internalToken: secret } } },
  } as unknown as CallParts;
  new ControlLink(parts, carryOut);
});

const command = { id: 'a', callId, action: { kind: 'mute' as const } };
const packet = sealCommand(command, secret);
const receive = async (payload: Uint8Array, from?: { identity: string }, topic = controlTopic) => {
  room.emit(RoomEvent.DataReceived, payload, from, 0, topic);
  await new Promise((resolve) => setImmediate(resolve));
};

test('a command of the control plane is carried out once and answered as often as it comes', async () => {
  await receive(packet);
  await receive(packet);
  expect(carryOut).toHaveBeenCalledTimes(1);
  const answer = { type: 'control.applied', commandId: 'a', kind: 'mute', detail: 'Done.' };
  expect(emit.mock.calls).toEqual([[answer], [answer]]);
});

test('nobody in the room can give a command, seen or unseen', async () => {
  // Forged by a participant whom the agent sees, and by one whom it does not.
  await receive(packet, { identity: 'visitor' });
  await receive(sealCommand(command, 'a guess'));
  await receive(new TextEncoder().encode(JSON.stringify(command)));
  await receive(sealCommand({ ...command, callId: callId.replace('1', '2') }, secret));
  await receive(packet, undefined, 'lk.chat');
  expect(carryOut).not.toHaveBeenCalled();
  expect(emit).not.toHaveBeenCalled();
});

test('a refusal is told in its words, a fault is not', async () => {
  carryOut.mockRejectedValueOnce(new Refusal('The caller is on hold.'));
  await receive(packet);
  carryOut.mockRejectedValueOnce(new Error('ECONNREFUSED 10.0.0.1'));
  await receive(sealCommand({ ...command, id: 'b' }, secret));
  expect(emit.mock.calls.map(([event]) => [event.type, event.detail])).toEqual([
    ['control.refused', 'The caller is on hold.'],
    ['control.refused', 'The worker could not carry it out.'],
  ]);
});
