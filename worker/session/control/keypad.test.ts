import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Keypad } from './keypad.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function rig(fails: (key: string) => boolean = () => false) {
  const pressed: string[] = [];
  const publishDtmf = async (_code: number, key: string) => {
    if (fails(key)) throw new Error('The engine is closed.');
    pressed.push(key);
  };
  const over = new AbortController();
  const room = { localParticipant: { publishDtmf } } as unknown as ConstructorParameters<typeof Keypad>[0];
  const keypad = new Keypad(room, over.signal);
  return { keypad, over, said: () => pressed.join('') };
}

test('two rows of keys asked for at the same time are pressed one after the other', async () => {
  const { keypad, said } = rig();
  const begun: string[] = [];
  const both = Promise.all([
    keypad.press('12,34', () => begun.push('first')),
    keypad.press('99#', () => begun.push('second')),
  ]);
  await vi.advanceTimersByTimeAsync(0);
  expect([said(), begun, keypad.busy]).toEqual(['1', ['first'], true]);
  await vi.runAllTimersAsync();
  await both;
  expect([said(), begun, keypad.busy]).toEqual(['123499#', ['first', 'second'], false]);
});

test('one that fails is told so, and the next is pressed', async () => {
  const { keypad, said } = rig((key) => key === '5');
  const broken = expect(keypad.press('456')).rejects.toThrow('engine');
  const next = keypad.press('78');
  await vi.runAllTimersAsync();
  await broken;
  await next;
  expect(said()).toBe('478');
});

test('nothing is pressed when the call is over', async () => {
  const { keypad, over, said } = rig();
  const first = expect(keypad.press('12')).rejects.toThrow('over');
  const second = expect(keypad.press('34')).rejects.toThrow('over');
  await vi.advanceTimersByTimeAsync(10);
  over.abort(new Error('over'));
  await vi.runAllTimersAsync();
  await Promise.all([first, second]);
  expect(said()).toBe('1');
});
