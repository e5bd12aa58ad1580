import { describe, expect, test } from 'vitest';
import { silentAfter, untilMoment } from './barge-in.ts';
import { scenario } from './scenario.ts';

/** A line on which speech was heard from and to these moments, in ms from now. */
function line(...segments: readonly (readonly [number, number])[]) {
  const now = performance.now();
  const heard = segments.map(([from, to]) => ({ startMs: now + from, endMs: now + to }));
  return { now, call: { end: undefined, speechSegments: () => heard } };
}
/** Speech that goes on. */
function endless() {
  const startMs = performance.now() - 500;
  return { end: undefined, speechSegments: () => [{ startMs, endMs: performance.now() }] };
}
const nothing = () => Promise.resolve('');
const bargeIn = (more: object) => ({ silent_within_ms: 1_500, ...more });

describe('the moment to interrupt', () => {
  test('comes when the agent has spoken for so long', async () => {
    const since = performance.now() - 100;
    expect(await untilMoment(endless(), bargeIn({ after_ms: 300 }), since, nothing)).toBeUndefined();
    expect(performance.now() - since).toBeGreaterThanOrEqual(300);
  });

  test('comes when the word was heard', async () => {
    const heard = ['We are', 'We are open', 'We are open Monday'];
    const listen = () => Promise.resolve(heard.shift() ?? '');
    expect(await untilMoment(endless(), bargeIn({ after_word: 'monday' }), 0, listen)).toBeUndefined();
    expect(heard).toEqual([]);
  });

  test('never comes when the agent is done before it, or has hung up, which is said', async () => {
    const { call, now } = line([-3_000, -1_500]);
    expect(await untilMoment(call, bargeIn({ after_word: 'Monday' }), now - 3_000, nothing)).toContain(
      'the agent was done before “Monday”',
    );
    const gone = { ...call, end: { by: 'remote', at: now } as const };
    expect(await untilMoment(gone, bargeIn({ after_ms: 1 }), now, nothing)).toContain('hung up');
  });
});

describe('an agent that was interrupted', () => {
  test('fell silent when its last sound under the caller’s words ended', async () => {
    const { call, now } = line([-3_000, -1_700], [-800, -600]);
    expect(await silentAfter(call, now - 2_000, now - 1_000, 1_500)).toBe(300);
  });

  test('has not fallen silent when it begins again before the caller is done', async () => {
    const { call, now } = line([-3_000, -1_900], [-1_400, -800]);
    expect(await silentAfter(call, now - 2_000, now - 1_000, 1_500)).toBe(1_200);
  });

  test('that goes on and on is not waited for', async () => {
    const from = performance.now();
    expect(await silentAfter(endless(), from, from + 100, 200)).toBeNull();
  });

  test('had nothing to stop when it was silent already', async () => {
    const { call, now } = line([-3_000, -2_500]);
    expect(await silentAfter(call, now - 2_000, now - 1_000, 1_500)).toBe(0);
  });
});

test.each([
  ['a moment or a word, not both', { after_ms: 1, after_word: 'x' }],
  ['one of them', { silent_within_ms: 300 }],
])('a scenario names %s', (_, barge_in) => {
  expect(scenario.safeParse({ name: 'x', steps: [{ say: 'stop', barge_in }] }).success).toBe(false);
});
