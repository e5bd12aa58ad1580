import { AudioFrame } from '@livekit/rtc-node';
import { expect, test } from 'vitest';
import { addFrames, mixStreams } from './mix.ts';

const frame = (...samples: number[]) => new AudioFrame(Int16Array.from(samples), 16_000, 1, samples.length);

test('voices are added up, and too loud ones are cut, not folded over', () => {
  expect([...addFrames(frame(100, -100, 30_000), frame(1, 2, 30_000)).data]).toEqual([101, -98, 32_767]);
  expect([...addFrames(frame(1, 2), undefined).data]).toEqual([1, 2]);
});

test('the mix goes on when the guest is gone, and ends with the first voice', async () => {
  async function* speak(...frames: AudioFrame[]) {
    for (const one of frames) {
      await new Promise((resolve) => setTimeout(resolve, 5));
      yield one;
    }
  }
  const mixed = mixStreams(speak(frame(10), frame(20), frame(30)), speak(frame(1)));
  const heard: number[] = [];
  for await (const one of mixed) heard.push(one.data[0] ?? 0);
  expect(heard.length).toBe(3);
  expect(heard.reduce((sum, sample) => sum + sample, 0)).toBe(61);
});

test('any number of people are heard together', async () => {
  async function* main() {
    // The others are there first.
    await new Promise((resolve) => setTimeout(resolve, 20));
    yield frame(100);
    yield frame(100);
  }
  async function* guest(value: number) {
    yield frame(value);
    yield frame(value);
  }
  const heard: number[] = [];
  for await (const one of mixStreams(main(), guest(10), guest(1))) heard.push(one.data[0] ?? 0);
  expect(heard).toEqual([111, 111]);
});
