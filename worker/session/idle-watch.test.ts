import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { IdleWatch } from './idle-watch.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function watch(idle: { promptAfterMs?: number; prompts?: string[]; hangUpAfterMs?: number }) {
  const said: string[] = [];
  const ended: number[] = [];
  const state = { busy: false };
  const idleWatch = new IdleWatch(
    { promptAfterMs: 5_000, prompts: [], hangUpAfterMs: 0, ...idle },
    {
      say: (text) => {
        said.push(text);
        idleWatch.agentActive();
      },
      hangUp: (silentMs) => void ended.push(silentMs),
      isBusy: () => state.busy,
    },
  );
  return { idleWatch, said, ended, state };
}

test('prompts come one after the other, each after its silence, and then no more', () => {
  const { idleWatch, said } = watch({ prompts: ['one', 'two'] });
  idleWatch.quiet();
  vi.advanceTimersByTime(4_999);
  expect(said).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(said).toEqual(['one']);
  idleWatch.quiet();
  vi.advanceTimersByTime(5_000);
  idleWatch.quiet();
  vi.advanceTimersByTime(50_000);
  expect(said).toEqual(['one', 'two']);
});

test('a caller who speaks starts the silence and the prompts anew', () => {
  const { idleWatch, said, ended } = watch({ prompts: ['one'], hangUpAfterMs: 8_000 });
  idleWatch.quiet();
  vi.advanceTimersByTime(5_000);
  idleWatch.callerActive();
  vi.advanceTimersByTime(60_000);
  expect(ended).toEqual([]);
  idleWatch.quiet();
  vi.advanceTimersByTime(5_000);
  expect(said).toEqual(['one', 'one']);
});

test('the call ends after its silence, which our own prompts do not break', () => {
  const { idleWatch, ended } = watch({ prompts: ['one', 'two'], hangUpAfterMs: 12_000 });
  idleWatch.quiet();
  vi.advanceTimersByTime(5_000);
  idleWatch.quiet();
  vi.advanceTimersByTime(5_000);
  idleWatch.quiet();
  vi.advanceTimersByTime(2_000);
  expect(ended).toEqual([12_000]);
});

test('a reply of the agent breaks the silence', () => {
  const { idleWatch, ended } = watch({ hangUpAfterMs: 10_000 });
  idleWatch.quiet();
  vi.advanceTimersByTime(9_000);
  idleWatch.agentActive();
  vi.advanceTimersByTime(9_000);
  idleWatch.quiet();
  vi.advanceTimersByTime(9_999);
  expect(ended).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(ended).toEqual([10_000]);
});

test('nothing is said and nothing ends while a transfer is under way, or after the end', () => {
  const { idleWatch, said, ended, state } = watch({ prompts: ['one'], hangUpAfterMs: 8_000 });
  state.busy = true;
  idleWatch.quiet();
  vi.advanceTimersByTime(60_000);
  expect([said, ended]).toEqual([[], []]);
  state.busy = false;
  idleWatch.stop();
  vi.advanceTimersByTime(60_000);
  expect([said, ended]).toEqual([[], []]);
});
