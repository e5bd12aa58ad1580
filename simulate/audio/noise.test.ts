import { expect, test } from 'vitest';
import { atLevel, fromFirstSound, speechRms } from './level.ts';
import { makeNoise, noiseKinds } from './noise.ts';

const rmsOf = (samples: Int16Array): number =>
  Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length);

/** Of what changes from sample to sample: large for hiss. */
const hiss = (samples: Int16Array): number =>
  rmsOf(samples.slice(1).map((sample, i) => sample - (samples[i] ?? 0))) / rmsOf(samples);

test.each(noiseKinds)('%s noise is as loud as it was asked for, and the same every time', (kind) => {
  const noise = makeNoise(kind, 300);
  expect(rmsOf(noise)).toBeGreaterThan(285);
  expect(rmsOf(noise)).toBeLessThan(315);
  expect(makeNoise(kind, 300)).toEqual(noise);
});

test('pink noise has less hiss than white, and babble rises and falls as voices do', () => {
  const [white, pink, babble] = [makeNoise('white', 300), makeNoise('pink', 300), makeNoise('babble', 300)];
  expect(hiss(pink)).toBeLessThan(hiss(white) * 0.8);
  const swing = (noise: Int16Array): number => {
    const parts = Array.from({ length: 100 }, (_, i) => rmsOf(noise.subarray(i * 800, (i + 1) * 800)));
    return Math.max(...parts) / Math.min(...parts);
  };
  expect(swing(babble)).toBeGreaterThan(swing(white) * 1.5);
});

test('speech is brought to a level by its words, whatever its pauses', () => {
  const words = Int16Array.from({ length: 1_600 }, (_, i) => Math.round(4_000 * Math.sin(i / 3)));
  const withPause = new Int16Array(8_000);
  withPause.set(words, 3_200);
  expect(Math.abs(speechRms(withPause) - speechRms(words))).toBeLessThan(speechRms(words) * 0.01);
  expect(Math.abs(speechRms(atLevel(withPause, 1_000)) - 1_000)).toBeLessThan(10);
  expect(atLevel(new Int16Array(400), 1_000)).toEqual(new Int16Array(400));
  expect(fromFirstSound(withPause, 0).length).toBeGreaterThanOrEqual(4_790);
  expect(fromFirstSound(withPause, 0).length).toBeLessThanOrEqual(4_800);
  expect(fromFirstSound(withPause, 480).length).toBe(fromFirstSound(withPause, 0).length + 480);
  expect(fromFirstSound(words, 480)).toBe(words);
});
