import { EventEmitter } from 'node:events';
import { initializeLogger, voice } from '@livekit/agents';
import { RoomEvent } from '@livekit/rtc-node';
import { afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import type { CallPlan } from '../../core/calls/plan.ts';
import { createLogger } from '../../platform/log.ts';
import { awayMs, Guests, withGuestsIn } from './guests.ts';
import type { CallParts } from './parts.ts';

beforeAll(() => initializeLogger({ pretty: false, level: 'silent' }));

let session: voice.AgentSession;
beforeEach(async () => {
  session = new voice.AgentSession({ vad: null, turnHandling: { turnDetection: null } });
  await session.start({ agent: new voice.Agent({ instructions: 'Be brief.' }), record: false });
  vi.useFakeTimers();
});
afterEach(async () => {
  vi.useRealTimers();
  await session.close();
});

type GuestList = NonNullable<NonNullable<CallPlan['resume']>['guests']>;

function rig({ guests }: { guests?: GuestList } = {}) {
  const room = Object.assign(new EventEmitter(), {
    remoteParticipants: new Map(['caller-1', 'person-1', 'person-2'].map((identity) => [identity, {}])),
  });
  const addGuest = vi.fn();
  const addPerson = vi.fn();
  const parts = {
    ...{ ctx: { room }, outcome: {}, log: createLogger('test', { level: 'silent' }) },
    ...{ input: { addGuest }, recording: { addPerson } },
    plan: { resume: guests ? { history: [], answeredAt: 1, guests } : null },
  } as unknown as CallParts;
  const all = new Guests(parts);
  all.attach(session);
  const leave = (identity: string) => {
    room.remoteParticipants.delete(identity);
    room.emit(RoomEvent.ParticipantDisconnected, { identity });
  };
  const told = () =>
    session.currentAgent.chatCtx.items.flatMap((item) =>
      item.type === 'message' && item.textContent?.includes('hung up') ? [item.role] : [],
    );
  return { all, room, leave, told, addGuest, addPerson };
}

test('an agent in a conference knows when it is alone with the caller again', async () => {
  const { all, room, leave, told } = rig();
  all.join('person-1');
  all.join('person-2');
  expect(all.present).toBe(true);
  leave('supervisor-1');
  leave('person-1');
  await vi.advanceTimersByTimeAsync(awayMs);
  expect([told(), all.present]).toEqual([[], true]);
  leave('person-2');
  leave('person-2');
  await vi.advanceTimersByTimeAsync(awayMs);
  expect([told(), all.present]).toEqual([['system'], false]);
  expect(room.eventNames()).toEqual([]);
});

test('and is not told so of somebody whose connection is made anew', async () => {
  const { all, room, leave, told } = rig();
  all.join('person-1');
  leave('person-1');
  await vi.advanceTimersByTimeAsync(awayMs / 2);
  room.remoteParticipants.set('person-1', {});
  await vi.advanceTimersByTimeAsync(awayMs);
  expect([told(), all.present]).toEqual([[], true]);
  leave('person-1');
  await vi.advanceTimersByTimeAsync(awayMs);
  expect([told(), all.present]).toEqual([['system'], false]);
});

test('whoever had joined when another worker had the call is heard by the next one, once, and recorded if they know', () => {
  const { all, addGuest, addPerson } = rig({
    guests: [
      { identity: 'person-1', name: 'Desk', recorded: true },
      { identity: 'person-2', name: 'Sales', recorded: false },
    ],
  });
  // Another agent goes on.
  all.attach(session);
  expect(addGuest.mock.calls).toEqual([['person-1'], ['person-2']]);
  expect(addPerson).toHaveBeenCalledTimes(1);
  expect(all.present).toBe(true);
});

test('who has hung up while no worker was there is not in the plan any more', () => {
  const { room } = rig();
  const guest = (identity: string) => ({ identity, name: 'Desk', recorded: true });
  const plan = {
    resume: { history: [], answeredAt: 1, guests: [guest('person-1'), guest('person-9')] },
  } as unknown as CallPlan;
  const parts = room as unknown as Parameters<typeof withGuestsIn>[0];
  expect(withGuestsIn(parts, plan).resume?.guests).toEqual([guest('person-1')]);
  expect(withGuestsIn(parts, { resume: null } as CallPlan).resume).toBeNull();
});
