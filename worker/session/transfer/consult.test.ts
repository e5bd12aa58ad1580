import { EventEmitter } from 'node:events';
import { type RemoteParticipant, RoomEvent } from '@livekit/rtc-node';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { CallParts } from '../parts.ts';
import type { SideTrack } from '../side-track.ts';
import type { Speech } from '../speech.ts';
import { consult } from './consult.ts';

/** Two seconds of speech for every text. */
const spoken = new Int16Array(48_000);
const person = { identity: 'person-1' } as RemoteParticipant;

let room: EventEmitter & { remoteParticipants: Map<string, unknown> };
let said: string[];
let hear: (text: string) => void;
let stopped: boolean;
let giveUp: AbortController;

function ask() {
  const parts = { ctx: { room }, plan: { definition: { language: 'en' } } } as unknown as CallParts;
  const speech = {
    render: async (text: string) => {
      said.push(text);
      return spoken;
    },
  } as unknown as Speech;
  const aside = {
    play: () => new Promise((resolve) => setTimeout(resolve, 2_000)),
    stop: () => undefined,
  } as unknown as SideTrack;
  const listen = (told: (text: string) => void) => {
    hear = told;
    return { stop: () => (stopped = true) };
  };
  return consult({ parts, speech, aside, person, briefing: 'A caller.', listen, signal: giveUp.signal });
}

const press = (digit: string, identity = 'person-1') =>
  room.emit(RoomEvent.DtmfReceived, 0, digit, { identity });

beforeEach(() => {
  vi.useFakeTimers();
  room = Object.assign(new EventEmitter(), { remoteParticipants: new Map([[person.identity, person]]) });
  said = [];
  stopped = false;
  giveUp = new AbortController();
});
afterEach(() => {
  // Whatever happened, nothing listens on.
  expect(room.eventNames()).toEqual([]);
  expect(stopped).toBe(true);
  vi.useRealTimers();
});

describe('somebody who is asked to take a call', () => {
  test.each([
    ['1', 'accepted'],
    ['2', 'declined'],
  ])('and presses %s at any moment has %s', async (digit, decision) => {
    const answer = ask();
    press('7');
    press(digit, 'caller-1');
    await vi.advanceTimersByTimeAsync(700);
    press(digit);
    expect(await answer).toBe(decision);
  });

  test('says yes to the question, not to the telephone', async () => {
    const answer = ask();
    hear('Yes?');
    await vi.advanceTimersByTimeAsync(900);
    hear('Yes, hello?');
    await vi.advanceTimersByTimeAsync(1_500);
    expect(said).toEqual(['A caller.']);
    hear('Yes, put them through.');
    expect(await answer).toBe('accepted');
  });

  test('and says nothing is asked again, and then taken for a machine', async () => {
    const answer = ask();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(said.length).toBe(2);
    hear('Hello?');
    await vi.advanceTimersByTimeAsync(10_000);
    expect(await answer).toBe('voicemail');
  });

  test('but is an answering machine is recognised at once', async () => {
    const answer = ask();
    await vi.advanceTimersByTimeAsync(600);
    hear('Please leave a message after the tone.');
    expect(await answer).toBe('voicemail');
  });

  test('and hangs up is gone', async () => {
    const answer = ask();
    room.emit(RoomEvent.ParticipantDisconnected, { identity: 'caller-1' });
    room.remoteParticipants.clear();
    room.emit(RoomEvent.ParticipantDisconnected, person);
    await vi.advanceTimersByTimeAsync(1_500);
    expect(await answer).toBe('gone');
  });

  test('and has hung up before there was anything to say is gone, too', async () => {
    room.remoteParticipants.clear();
    const answer = ask();
    await vi.advanceTimersByTimeAsync(1_500);
    expect(await answer).toBe('gone');
  });

  test('and whose connection is made anew is there', async () => {
    room.remoteParticipants.clear();
    const answer = ask();
    await vi.advanceTimersByTimeAsync(1_000);
    room.remoteParticipants.set(person.identity, person);
    room.emit(RoomEvent.ParticipantDisconnected, person);
    await vi.advanceTimersByTimeAsync(3_000);
    press('1');
    expect(await answer).toBe('accepted');
  });

  test('is not asked any more when the transfer is given up', async () => {
    const answer = ask();
    const failed = expect(answer).rejects.toThrow('cancelled');
    giveUp.abort(new Error('cancelled'));
    await failed;
    await vi.advanceTimersByTimeAsync(5_000);
    expect(said.length).toBeLessThan(2);
  });
});
