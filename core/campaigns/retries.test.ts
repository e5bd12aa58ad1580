import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { dispositions } from '../../db/schema/calls.ts';
import { nextTry, retryKind, retrySettings } from './retries.ts';
import { localTime, nextLegalMoment, ruleSettings } from './rules/index.ts';
import { weekdays } from './rules/time/week.ts';

const place = { country: 'US', regions: ['US-NY'], zones: ['America/New_York'] };
const rules = ruleSettings.parse({});
const retries = retrySettings.parse({});
/** A Tuesday, eleven in New York. */
const now = Date.parse('2026-03-03T16:00:00Z');
const tried = { retries, rules, place, dialedAtMs: now, nowMs: now, chance: 0 };
const hour = (ms: number) => Math.floor(localTime('America/New_York', ms).msOfDay / 3_600_000);

describe('the next try', () => {
  test.each([
    ['busy', 15],
    ['rejected', 15],
    ['failed', 10],
    ['unknown', 10],
    ['abandoned', 1_440],
  ] as const)('after %s comes after %i minutes', (outcome, minutes) => {
    expect(nextTry({ ...tried, outcomes: [outcome] })).toBe(now + minutes * 60_000);
  });

  test('never comes after somebody was reached', () => {
    for (const outcome of ['completed', 'transferred'] as const)
      expect(nextTry({ ...tried, outcomes: ['busy', outcome] })).toBeNull();
  });

  test('after nobody answered is at another hour of the day, within the windows', () => {
    const at = nextTry({ ...tried, outcomes: ['no_answer'] });
    expect(at).not.toBeNull();
    expect(hour(at ?? 0)).not.toBe(11);
    // A day later at the same hour would be the same hour again.
    const daily = retrySettings.parse({ noAnswer: { delayMs: 86_400_000, jitter: 0 } });
    const other = nextTry({ ...tried, retries: daily, outcomes: ['no_answer'] });
    expect(hour(other ?? 0)).not.toBe(11);
    expect(other).toBeGreaterThanOrEqual(now + 86_400_000);
  });

  test('at another hour is the next day where the windows have one, and does not wait for what never comes', () => {
    const daily = (from: string, to: string) =>
      ruleSettings.parse({ windows: Object.fromEntries(weekdays.map((day) => [day, [{ from, to }]])) });
    const again = (from: string, to: string) =>
      nextTry({ ...tried, rules: daily(from, to), outcomes: ['no_answer'] }) ?? 0;
    expect(again('11:00', '13:00')).toBe(Date.parse('2026-03-04T17:00:00Z'));
    expect(again('11:30', '13:30')).toBe(Date.parse('2026-03-04T17:00:00Z'));
    const only = again('11:00', '12:00');
    expect(only).toBe(now + 4 * 3_600_000);
    expect(nextLegalMoment(daily('11:00', '12:00'), place, only)).toBe(Date.parse('2026-03-04T16:00:00Z'));
  });

  test('whatever happened: never in the past, never more than the policy allows', () => {
    const anyOutcomes = fc.array(fc.constantFrom(...dispositions), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(anyOutcomes, fc.double({ min: 0, max: 1, noNaN: true }), (outcomes, chance) => {
        const at = nextTry({ ...tried, outcomes, chance });
        if (at !== null) expect(at).toBeGreaterThanOrEqual(now);
        if (outcomes.length >= retries.maxAttempts) expect(at).toBeNull();
        const kind = retryKind(outcomes.at(-1) ?? 'completed');
        if (kind !== 'reached' && at !== null) {
          const same = outcomes.filter((outcome) => retryKind(outcome) === kind).length;
          expect(same).toBeLessThanOrEqual(retries[kind].most);
        }
      }),
    );
  });
});
