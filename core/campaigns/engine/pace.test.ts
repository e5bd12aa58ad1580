import fc from 'fast-check';
import { expect, test } from 'vitest';
import { nextPace, type Pace, type PaceEvidence } from './pace.ts';

const calm: PaceEvidence = { finished: 10, refused: 0, busy: 1, answered: 5, late: 0 };
const full: Pace = { factor: 1, atMs: 0, holdUntilMs: 0 };

test('a trunk that nobody knows begins carefully and is at full speed after fifteen seconds', () => {
  let pace = nextPace(null, calm, 0);
  expect(pace.factor).toBe(0.25);
  for (let ms = 500; ms <= 15_000; ms += 500) pace = nextPace(pace, calm, ms);
  expect(pace.factor).toBeCloseTo(1);
});

test('a burst of refusals halves the speed once, and it comes back after a pause', () => {
  const burst = { ...calm, refused: 3 };
  const halved = nextPace(full, burst, 1_000);
  expect(halved.factor).toBe(0.5);
  // The same burst is still in sight.
  expect(nextPace(halved, burst, 2_000).factor).toBe(0.5);
  expect(nextPace(halved, burst, 12_000).factor).toBe(0.25);
  expect(nextPace(halved, calm, 13_000).factor).toBeCloseTo(0.6);
});

test('a hold of a clock that was an hour ahead and has been put right is over', () => {
  const ahead: Pace = { factor: 0.05, atMs: 3_600_000, holdUntilMs: 3_610_000 };
  let pace = nextPace(ahead, calm, 0);
  for (let ms = 500; ms <= 20_000; ms += 500) pace = nextPace(pace, calm, ms);
  expect(pace.factor).toBeCloseTo(1);
});

test.each([
  ['two refusals are no burst', { refused: 2 }, 1],
  ['people who are on the phone are no burst', { finished: 20, busy: 8 }, 1],
  ['a trunk that says busy to nearly everybody is', { finished: 10, busy: 7 }, 0.5],
  ['answers that nobody picked up in time are', { answered: 10, late: 2 }, 0.5],
])('%s', (_, seen, factor) => {
  expect(nextPace(full, { ...calm, ...seen }, 1_000).factor).toBe(factor);
});

test('whatever happens the speed stays between a twentieth and the whole', () => {
  const anyEvidence = fc.record({
    ...{
      finished: fc.nat(50),
      refused: fc.nat(50),
      busy: fc.nat(50),
      answered: fc.nat(50),
      late: fc.nat(50),
    },
  });
  fc.assert(
    fc.property(fc.array(fc.tuple(anyEvidence, fc.nat(30_000)), { maxLength: 60 }), (looks) => {
      let [pace, now]: [Pace | null, number] = [null, 0];
      for (const [seen, later] of looks) {
        now += later;
        pace = nextPace(pace, seen, now);
        expect(pace.factor).toBeGreaterThanOrEqual(0.05);
        expect(pace.factor).toBeLessThanOrEqual(1);
      }
    }),
  );
});
