import type { tts } from '@livekit/agents';
import { AudioFrame } from '@livekit/rtc-node';
import { expect, it, vi } from 'vitest';
import { PhraseCache, phrase } from './phrases.ts';

/** A synthesiser that notes what it is asked for; `says` is the value of its samples, null: it fails. */
function speaker(voice: string, says: () => number | null) {
  const asked: string[] = [];
  const synthesize = (text: string) => {
    asked.push(text);
    const value = says();
    return {
      close: () => undefined,
      async *[Symbol.asyncIterator]() {
        if (value === null) throw new Error('The voice is gone.');
        yield { frame: new AudioFrame(new Int16Array(480).fill(value), 24_000, 1, 480) };
      },
    };
  };
  return { asked, tts: { synthesize } as unknown as tts.TTS, voiceKey: () => voice };
}

it('renders a phrase once per voice, however many calls want it at once', async () => {
  const cache = new PhraseCache();
  const [rosa, otto] = [speaker('rosa', () => 5_000), speaker('otto', () => 7_000)];
  const [one, two] = await Promise.all([cache.render(rosa, 'Hello.'), cache.render(rosa, 'Hello.')]);
  expect(two).toBe(one);
  expect(await cache.render(rosa, 'Hello.')).toBe(one);
  expect((await cache.render(otto, 'Hello.')).at(-1)).toBe(7_000);
  expect([rosa.asked, otto.asked]).toEqual([['Hello.'], ['Hello.']]);
});

it('does not remember a failure', async () => {
  const cache = new PhraseCache();
  let value: number | null = null;
  const rosa = speaker('rosa', () => value);
  await expect(cache.render(rosa, 'Hello.')).rejects.toThrow('The voice is gone.');
  value = 5_000;
  expect(await cache.render(rosa, 'Hello.')).toHaveLength(480);
  expect(rosa.asked).toHaveLength(2);
});

it('does not keep what another voice said under the name of the one that failed', async () => {
  const cache = new PhraseCache();
  let voice = 'rosa';
  const rosa = speaker('', () => 5_000);
  const switching = { ...rosa, voiceKey: () => voice };
  const rendering = cache.render(switching, 'Hello.');
  voice = 'spare';
  await rendering;
  voice = 'rosa';
  await cache.render(switching, 'Hello.');
  expect(rosa.asked).toHaveLength(2);
});

it('speaks English where it has no translation', () => {
  expect(phrase('moment', 'de-AT')).toBe('Einen Moment, bitte.');
  expect(phrase('moment', 'fi')).toBe(phrase('moment', 'en-US'));
});

it('does not take half of the words for the words', async () => {
  vi.useFakeTimers();
  try {
    let stop = () => {};
    const closed = new Promise<void>((resolve) => {
      stop = resolve;
    });
    const slow = {
      voiceKey: () => 'rosa',
      tts: {
        synthesize: () => ({
          close: () => stop(),
          async *[Symbol.asyncIterator]() {
            yield { frame: new AudioFrame(new Int16Array(480).fill(5_000), 24_000, 1, 480) };
            await closed;
          },
        }),
      } as unknown as tts.TTS,
    };
    const rendering = expect(new PhraseCache().render(slow, 'Hello.')).rejects.toThrow('too long');
    await vi.advanceTimersByTimeAsync(10_000);
    await rendering;
  } finally {
    vi.useRealTimers();
  }
});
