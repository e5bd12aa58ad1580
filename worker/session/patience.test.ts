import { expect, test } from 'vitest';
import { patienceMs } from './patience.ts';

const wait = (confidence: number | undefined, transcript: string, limits = {}): number =>
  patienceMs({ confidence, transcript, shortestMs: 100, longestMs: 1_800, ...limits });

test('waits the longest when the model is unsure and the words are unfinished', () => {
  expect(wait(0.1, 'I would like to')).toBe(1_800);
  expect(wait(undefined, 'I would like to')).toBe(1_800);
});

test('waits less the likelier the end of the turn is', () => {
  expect([0.1, 0.4, 0.8, 1.2, 2].map((confidence) => wait(confidence, 'I would like to'))).toEqual([
    1_800, 1_000, 600, 250, 100,
  ]);
});

test('waits less for a finished sentence, and least for a finished question', () => {
  expect(wait(0.8, 'What are your opening hours?')).toBe(400);
  expect(wait(0.8, 'I need a room.')).toBe(400);
  expect(wait(0.4, 'What are your opening hours?')).toBe(500);
  expect(wait(0.4, 'I need a room.')).toBe(1_000);
  expect(wait(1.2, 'What are your opening hours?')).toBe(100);
  expect(wait(1.2, 'I need a room.')).toBe(250);
});

test('never waits longer or shorter than the agent allows', () => {
  for (const confidence of [undefined, 0, 0.5, 0.9, 1.2, 3]) {
    expect(wait(confidence, 'Well', { longestMs: 300 })).toBeLessThanOrEqual(300);
    expect(wait(confidence, 'Well?', { shortestMs: 700 })).toBeGreaterThanOrEqual(700);
  }
});

test('a turn does not end before the words that were spoken are transcribed, however certain its end is', () => {
  const pause = { confidence: 2, transcript: 'Yes.', shortestMs: 100, longestMs: 1_800 };
  expect(patienceMs(pause)).toBe(100);
  expect(patienceMs({ ...pause, owesWords: true })).toBe(700);
});
