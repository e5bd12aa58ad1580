import { describe, expect, it } from 'vitest';
import { SoundPackets } from './sound-packets.ts';

const rate = 16_000;
const windowSamples = 512;
let count = 0;
/** A window of 32 ms that no other is like. */
const sound = (amplitude: number): Int16Array => {
  count++;
  return Int16Array.from({ length: windowSamples }, (_, at) =>
    at === 0 ? count : at % 2 ? amplitude : -amplitude,
  );
};

describe('sound on its way to a recogniser', () => {
  it('goes window by window while somebody speaks, and for a second after', () => {
    const packets = new SoundPackets(rate);
    const windows = [
      ...Array.from({ length: 10 }, () => sound(3_000)),
      ...Array.from({ length: 31 }, () => sound(3)),
    ];
    for (const window of windows) expect(packets.push(window)).toEqual(window);
  });

  it('goes 200 ms at a time on a quiet line, and at once when it is quiet no more', () => {
    const packets = new SoundPackets(rate);
    for (let window = 0; window < 31; window++) packets.push(sound(3));
    const lengths = Array.from({ length: 14 }, () => packets.push(sound(3))?.length ?? 0);
    expect(lengths).toEqual([0, 0, 0, 0, 0, 0, 7 * windowSamples, 0, 0, 0, 0, 0, 0, 7 * windowSamples]);
    packets.push(sound(3));
    expect(packets.push(sound(3_000))).toHaveLength(2 * windowSamples);
    expect(packets.push(sound(3))).toHaveLength(windowSamples);
  });

  it('loses nothing, whatever comes', () => {
    const packets = new SoundPackets(rate);
    const sent: number[] = [];
    const given: number[] = [];
    for (let window = 0; window < 500; window++) {
      const samples = sound(window % 97 === 0 ? 2_000 : 2);
      given.push(...samples);
      sent.push(...(packets.push(samples) ?? []));
    }
    sent.push(...(packets.take() ?? []));
    expect(sent).toEqual(given);
    expect(packets.take()).toBeUndefined();
  });
});
