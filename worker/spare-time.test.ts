import { expect, test } from 'vitest';
import { SpareTime } from './spare-time.ts';

test('there is time until the model takes nearly twice as long as it can, and again when it is quick', () => {
  const time = new SpareTime();
  expect(time.isThere).toBe(true);
  for (const ms of [60, 45, 55]) time.took(ms);
  expect(time.isThere).toBe(true);
  for (const ms of [120, 150, 130]) time.took(ms);
  expect(time.isThere).toBe(false);
  for (const ms of [50, 50, 50, 50, 50]) time.took(ms);
  expect(time.isThere).toBe(true);
});
