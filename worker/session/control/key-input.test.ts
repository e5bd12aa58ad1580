import { EventEmitter } from 'node:events';
import { type Room, RoomEvent } from '@livekit/rtc-node';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { KeyInput } from './key-input.ts';

const room = new EventEmitter();
let typed: string[] = [];
let ignored = false;
let keys: KeyInput;
const press = (digits: string, identity = 'caller-1') => {
  for (const digit of digits) room.emit(RoomEvent.DtmfReceived, 0, digit, { identity });
};

beforeEach(() => {
  vi.useFakeTimers();
  typed = [];
  ignored = false;
  keys = new KeyInput(room as unknown as Room, {
    ignore: () => ignored,
    typed: (digits) => typed.push(digits),
  });
});
afterEach(() => {
  keys.close();
  room.removeAllListeners();
  vi.useRealTimers();
});

test('keys pressed in one go are one message, after a pause', () => {
  press('12');
  vi.advanceTimersByTime(1_000);
  press('#');
  vi.advanceTimersByTime(1_400);
  expect(typed).toEqual([]);
  vi.advanceTimersByTime(200);
  press('7');
  vi.advanceTimersByTime(2_000);
  expect(typed).toEqual(['12#', '7']);
});

test('what somebody else collects, and what comes during a transfer or from the person, is not told', () => {
  const collected: string[] = [];
  press('9');
  const release = keys.collect((digit) => collected.push(digit));
  press('12');
  press('3', 'person-1');
  vi.advanceTimersByTime(2_000);
  release();
  ignored = true;
  press('3');
  ignored = false;
  press('1', 'person-1');
  vi.advanceTimersByTime(2_000);
  expect(typed).toEqual([]);
  expect(collected).toEqual(['9', '1', '2']);
});

test('the key with which people end a number is no message when the number was complete before it', () => {
  const release = keys.collect(() => undefined);
  press('1234');
  release();
  vi.advanceTimersByTime(400);
  press('#');
  vi.advanceTimersByTime(2_000);
  expect(typed).toEqual([]);
  press('#');
  vi.advanceTimersByTime(2_000);
  expect(typed).toEqual(['#']);
});
