import { expect, test } from 'vitest';
import { abandonWindowDays } from '../rules/index.ts';
import { meterOf } from './meter.ts';

test('the meter counts as many days as the law, today among them', () => {
  const today = Date.parse('2026-03-31T12:00:00Z');
  const day = (ago: number) => new Date(today - ago * 86_400_000).toISOString().slice(0, 10);
  const of = (liveAnswered: number) => ({ liveAnswered, abandoned: 1, costMicros: 5 });
  const days = new Map([
    [day(abandonWindowDays), of(1_000)],
    [day(abandonWindowDays - 1), of(20)],
    [day(0), of(3)],
  ]);
  expect(meterOf(days, today)).toEqual({ liveAnswered: 23, abandoned: 2, costMicros: 15 });
});
