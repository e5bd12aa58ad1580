import { expect, test } from 'vitest';
import { estimate } from './estimate.ts';
import { locate, ruleSettings } from './rules/index.ts';

const rules = ruleSettings.parse({
  windows: Object.fromEntries(
    ['monday', 'tuesday', 'wednesday'].map((day) => [day, [{ from: '09:00', to: '17:00' }]]),
  ),
});
const located = locate({ phone: '+4930123456', country: 'DE' });
const place = 'problem' in located ? null : located;
/** A Monday, 15 h in Berlin. */
const nowMs = Date.UTC(2026, 10, 30, 14);
const known: Parameters<typeof estimate>[0] = {
  ...{ status: 'running', bottleneck: 'rate', attemptsPerMinute: 10, waiting: 600, inHand: 0 },
  ...{
    closed: 0,
    dialed: 0,
    place,
    rules,
    opensAt: null,
    lastDueAt: null,
    startsAt: null,
    endsAt: null,
    nowMs,
  },
};
const doneAt = (given: Partial<Parameters<typeof estimate>[0]> = {}) => {
  const { doneAtMs } = estimate({ ...known, ...given });
  return doneAtMs === null ? null : new Date(doneAtMs).toISOString();
};

test('a campaign is done when its calls fit into one window', () => {
  expect(doneAt()).toBe('2026-11-30T15:00:00.000Z');
});

test('what does not fit goes on in the next window', () => {
  expect(doneAt({ waiting: 1_800 })).toBe('2026-12-01T09:00:00.000Z');
  // Two hours on Monday, eight on Tuesday, one on Wednesday.
  expect(doneAt({ waiting: 6_600 })).toBe('2026-12-02T09:00:00.000Z');
});

test('contacts that have taken two calls each take two each', () => {
  expect(doneAt({ closed: 100, dialed: 200 })).toBe('2026-11-30T16:00:00.000Z');
});

test('a campaign is not done before the last one who waits is due', () => {
  expect(doneAt({ lastDueAt: new Date('2026-12-01T10:30:00Z') })).toBe('2026-12-01T10:30:00.000Z');
});

test('a campaign is over at its end, whoever is left', () => {
  expect(doneAt({ waiting: 6_600, endsAt: new Date('2026-12-01T12:00:00Z') })).toBe(
    '2026-12-01T12:00:00.000Z',
  );
});

test.each([
  ['a draft', { status: 'draft' }],
  ['one that is paused', { status: 'paused' }],
  ['one that nobody was put into', { waiting: 0 }],
  ['one that has not called yet', { attemptsPerMinute: 0 }],
] as const)('nobody can tell of %s', (_, given) => {
  expect(doneAt(given)).toBeNull();
});
