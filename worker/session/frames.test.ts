import { ReadableStream } from 'node:stream/web';
import { AudioFrame } from '@livekit/rtc-node';
import { expect, test } from 'vitest';
import { withoutLead } from './frames.ts';

const frame = (quiet: number, loud: number): AudioFrame => {
  const data = new Int16Array(quiet + loud).fill(5_000, quiet);
  return new AudioFrame(data, 24_000, 1, data.length);
};

async function after(...frames: AudioFrame[]): Promise<AudioFrame[]> {
  const out: AudioFrame[] = [];
  for await (const one of withoutLead(ReadableStream.from(frames))) out.push(one);
  return out;
}

test('speech begins 10 ms before its first sound, and its pauses stay', async () => {
  const [first, second] = await after(frame(720, 480), frame(720, 480));
  expect([first?.samplesPerChannel, first?.data[239], first?.data[240]]).toEqual([720, 0, 5_000]);
  expect(second?.samplesPerChannel).toBe(1_200);
});

test('what a frame carries stays with it, and speech that begins at once is as it was', async () => {
  const timed = frame(720, 480);
  timed.userdata.words = ['Hello'];
  const [cut] = await after(timed);
  expect(cut?.userdata).toEqual({ words: ['Hello'] });
  const prompt = frame(100, 480);
  expect(await after(prompt)).toEqual([prompt]);
});
