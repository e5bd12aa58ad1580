import { expect, test } from 'vitest';
import { SpeechState, type SpeechWindow } from './speech-state.ts';

const voiceDb = -25;

const hear = (state: SpeechState, ...probabilities: number[]): SpeechWindow[] =>
  probabilities.map((probability) => state.push(probability, voiceDb));

test('a click is no speech, two windows of voice are', () => {
  const state = new SpeechState();
  expect(hear(state, 0.9, 0.1).some(({ started }) => started)).toBe(false);
  const [first, second] = hear(state, 0.9, 0.9);
  expect([first?.started, second?.started, second?.speechMs]).toEqual([false, true, 64]);
});

test('a voice begins in the window before the first certain one, when that was half certain', () => {
  const state = new SpeechState();
  const [before, began] = hear(state, 0.3, 0.7);
  expect(before).toMatchObject({ mayBegin: true, started: false, voiceRunMs: 0 });
  expect(began).toMatchObject({ started: true, speechMs: 64 });
});

test('half a certainty alone, or long before, begins nothing', () => {
  const state = new SpeechState();
  expect(hear(state, 0.3, 0.1, 0.7, 0.1, 0.3, 0.3, 0.3).some(({ started }) => started)).toBe(false);
  expect(hear(state, 0.1)[0]?.mayBegin).toBe(false);
  expect(state.push(0.3, -65).mayBegin).toBe(false);
});

test('speech ends after three windows of silence, and is as long as it was', () => {
  const state = new SpeechState();
  hear(state, 0.9, 0.9, 0.9);
  const windows = hear(state, 0.1, 0.1, 0.1, 0.1, 0.1);
  expect(windows.map(({ ended }) => ended)).toEqual([false, false, true, false, false]);
  expect(windows[2]).toMatchObject({ speaking: false, silenceRunMs: 96, speechMs: 96 });
});

test('a voice that trails off is still a voice; a pause between words is part of the speech', () => {
  const state = new SpeechState();
  hear(state, 0.9, 0.9, 0.45, 0.45, 0.45, 0.45);
  const last = hear(state, 0.1, 0.1, 0.6).at(-1);
  expect(last).toMatchObject({ speaking: true, started: false, speechMs: 288, silenceRunMs: 0 });
});

test('what is as good as silent after a voice is silence, however long the model takes to notice', () => {
  const state = new SpeechState();
  hear(state, 0.9, 0.9, 0.9);
  const windows = [-63, -70, Number.NEGATIVE_INFINITY].map((levelDb) => state.push(0.9, levelDb));
  expect(windows.map(({ ended }) => ended)).toEqual([false, false, true]);
});

test('a voice on a noisy line, and one that is quiet itself, are left to the model', () => {
  const noisy = new SpeechState();
  hear(noisy, 0.9, 0.9, 0.9);
  expect(noisy.push(0.9, -55).silenceRunMs).toBe(0);
  const quiet = new SpeechState();
  const windows = [-65, -66, -67, -70].map((levelDb) => quiet.push(0.9, levelDb));
  expect(windows.at(-1)).toMatchObject({ speaking: true, silenceRunMs: 0 });
});
