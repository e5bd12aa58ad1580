import { expect, test } from 'vitest';
import { percentilesOf } from './percentiles.ts';

const of = (values: readonly number[]) => {
  const histogram = new Map<number, number>();
  for (const value of values) histogram.set(value, (histogram.get(value) ?? 0) + 1);
  return percentilesOf(histogram);
};

test('a percentile is the smallest measured value that so many values do not exceed', () => {
  expect(of(Array.from({ length: 100 }, (_, n) => 100 - n))).toEqual({
    count: 100,
    p50Ms: 50,
    p95Ms: 95,
    p99Ms: 99,
  });
  expect(of([700, 300, 300, 500])).toEqual({ count: 4, p50Ms: 300, p95Ms: 700, p99Ms: 700 });
});

test('one value is every percentile, and none is none', () => {
  expect(of([42])).toEqual({ count: 1, p50Ms: 42, p95Ms: 42, p99Ms: 42 });
  expect(of([])).toEqual({ count: 0, p50Ms: null, p95Ms: null, p99Ms: null });
});
