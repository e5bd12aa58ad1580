import { expect, test } from 'vitest';
import { decodeMp3, isMp3, mp3Encoding } from './mp3.ts';

/** An MP3 of one tone at 440 Hz. */
async function tone(seconds: number): Promise<Buffer> {
  const encoding = await mp3Encoding(24_000, 64);
  const second = Float32Array.from({ length: 24_000 }, (_, at) =>
    Math.sin((2 * Math.PI * 440 * at) / 24_000),
  );
  const pieces = Array.from({ length: seconds }, () => encoding.encode(second, 24_000));
  return Buffer.concat([...pieces, encoding.finish()]);
}

test('what is encoded in pieces is decoded to the same length and tone', async () => {
  const file = await tone(3);
  expect(isMp3(file)).toBe(true);
  const decoded = await decodeMp3(file, 10_000);
  if (!decoded) throw new Error('too long');
  const { samples, channels, sampleRate } = decoded;
  expect(sampleRate).toBe(24_000);
  expect(samples.length / channels / sampleRate).toBeCloseTo(3, 0);
  const left = samples.filter((_, at) => at % channels === 0).subarray(24_000, 48_000);
  const crossings = left.reduce(
    (count, value, at) => count + (at > 0 && value > 0 !== (left[at - 1] ?? 0) > 0 ? 1 : 0),
    0,
  );
  expect(crossings / 2).toBeCloseTo(440, -1);
});

test('one that lasts too long is not decoded to its end, one that is none is refused', async () => {
  expect(await decodeMp3(await tone(30), 20_000)).toBeUndefined();
  await expect(decodeMp3(Buffer.from('ID3 and nothing more'), 1_000)).rejects.toThrow('Nothing in the file');
  expect(isMp3(Buffer.from('RIFF'))).toBe(false);
});
