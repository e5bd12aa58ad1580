import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { DigitCollector } from './digit-collector.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const collector = (length?: number) =>
  new DigitCollector({
    ...(length === undefined ? {} : { length }),
    terminator: '#',
    timeoutMs: 15_000,
  });

test('keys make a number that ends with its length, whatever is typed on top', async () => {
  const one = collector(4);
  for (const key of '12345') one.key(key);
  expect(await one.result).toEqual({ digits: '1234', ended: 'complete' });
});

test('a key that is held down, or a number without an end, comes to one', async () => {
  const one = collector();
  one.start();
  for (let times = 0; times < 50; times++) one.key('7');
  expect(await one.result).toEqual({ digits: '7'.repeat(40), ended: 'complete' });
});

test('keys typed while the question is still being asked count, and the terminator ends it', async () => {
  const one = collector();
  one.key('4');
  one.start();
  one.key('7');
  one.key('#');
  expect(await one.result).toEqual({ digits: '47', ended: 'terminator' });
});

test('words and keys mix', async () => {
  const one = collector(6);
  one.start();
  one.words('One two');
  one.key('3');
  one.words('and double four five');
  expect(await one.result).toEqual({ digits: '123445', ended: 'complete' });
});

test('a pause ends a number of unknown length, but not while somebody speaks', async () => {
  const one = collector();
  one.start();
  one.words('one two');
  one.speaking(true);
  await vi.advanceTimersByTimeAsync(10_000);
  one.words('three');
  one.speaking(false);
  await vi.advanceTimersByTimeAsync(3_000);
  expect(await one.result).toEqual({ digits: '123', ended: 'pause' });
});

test('silence ends it after its time', async () => {
  const one = collector(4);
  one.start();
  await vi.advanceTimersByTimeAsync(15_000);
  expect(await one.result).toEqual({ digits: '', ended: 'timeout' });
});

test('somebody who says something else is listened to', async () => {
  const one = collector(4);
  one.start();
  one.words('I do not have it with me.');
  expect(await one.result).toEqual({
    digits: '',
    ended: 'said_something_else',
    said: 'I do not have it with me.',
  });
});
