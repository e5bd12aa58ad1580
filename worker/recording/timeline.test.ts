import { describe, expect, test } from 'vitest';
import { Downsampler } from './downsampler.ts';
import { StereoTimeline } from './timeline.ts';

const rate = 16_000;
const frame = (value: number, ms: number) => new Int16Array((rate * ms) / 1_000).fill(value);
const at = (ms: number) => (rate * ms) / 1_000;

/** Everything up to a moment, as two channels. */
function all(timeline: StereoTimeline, untilMs: number): { left: Int16Array; right: Int16Array } {
  const taken = timeline.take(untilMs, true) ?? new Int16Array();
  const channel = (offset: number) => taken.filter((_, index) => index % 2 === offset);
  return { left: channel(0), right: channel(1) };
}

describe('the caller', () => {
  test('is placed by the clock where a stream begins, and laid end to end from there', () => {
    const timeline = new StereoTimeline(rate, 1_000);
    timeline.caller(frame(1, 50), 1_500, true);
    // Late, then early, as a busy process sees frames.
    timeline.caller(frame(2, 50), 1_590);
    timeline.caller(frame(3, 50), 1_592);
    const { left } = all(timeline, 2_000);
    expect(left.length).toBe(at(1_000));
    expect([left[at(450) - 1], left[at(450)]]).toEqual([0, 1]);
    expect([left[at(500) - 1], left[at(500)], left[at(550)], left[at(600)]]).toEqual([1, 2, 3, 0]);
  });

  test('keeps its time through a stall of the process', () => {
    const timeline = new StereoTimeline(rate, 0);
    for (let ms = 50; ms <= 1_000; ms += 50) timeline.caller(frame(1, 50), ms, ms === 50);
    // Nothing is handled for two seconds; then it comes all at once, and someone takes at the worst moment.
    timeline.take(3_000);
    for (let ms = 1_050; ms <= 3_000; ms += 50) timeline.caller(frame(ms, 50), 3_000);
    for (let ms = 3_050; ms <= 5_000; ms += 50) timeline.caller(frame(ms, 50), ms);
    const taken = timeline.take(5_000, true) ?? new Int16Array();
    // The end of what is there is now: sample and value tell the same moment.
    const moment = (ms: number) => taken[taken.length - 2 * at(5_000 - ms) - 2];
    for (const ms of [1_500, 2_500, 3_500, 4_500]) expect(moment(ms)).toBe(ms);
  });

  test('that lags for good, because its line lost sound, is put right', () => {
    const timeline = new StereoTimeline(rate, 0);
    for (let ms = 50; ms <= 9_000; ms += 50) {
      // 200 ms of the line are missing after the first second.
      if (ms > 1_000 && ms <= 1_200) continue;
      timeline.caller(frame(ms, 50), ms, ms === 50);
    }
    const { left } = all(timeline, 9_000);
    expect(left[at(8_975)]).toBe(9_000);
  });

  test('whose stream is gone is silence, and is not waited for', () => {
    const timeline = new StereoTimeline(rate, 0);
    timeline.caller(frame(1, 50), 50, true);
    expect(timeline.take(4_000)?.length).toBe(2 * at(50));
    expect(timeline.take(6_000)?.length).toBe(2 * at(5_000 - 50));
  });
});

describe('the agent', () => {
  test('is heard when its queue has played what is before', () => {
    const timeline = new StereoTimeline(rate, 0);
    timeline.agent(frame(1, 100), 100);
    timeline.agent(frame(2, 100), 110);
    timeline.agent(frame(3, 100), 500);
    const { right } = all(timeline, 1_000);
    expect([right[at(100) - 1], right[at(100)], right[at(200)], right[at(300)]]).toEqual([0, 1, 2, 0]);
    expect([right[at(500)], right[at(600)]]).toEqual([3, 0]);
  });

  test('that is interrupted is heard no longer than it was', () => {
    const timeline = new StereoTimeline(rate, 0);
    for (const [value, ms] of [
      [1, 100],
      [2, 110],
      [3, 120],
    ] as const)
      timeline.agent(frame(value, 100), ms);
    timeline.cut(230);
    timeline.agent(frame(9, 50), 400);
    const { right } = all(timeline, 1_000);
    expect([right[at(230) - 1], right[at(230)], right[at(300)], right[at(400)]]).toEqual([2, 0, 0, 9]);
  });
});

test('whoever the caller is put through to is on the right, each in time, and never louder than 16 bits', () => {
  const timeline = new StereoTimeline(rate, 0);
  const [person, third] = [timeline.guest(), timeline.guest()];
  timeline.agent(frame(100, 50), 100);
  for (let ms = 150; ms <= 1_000; ms += 50) person(frame(30_000, 50), ms, ms === 150);
  for (let ms = 550; ms <= 800; ms += 50) third(frame(20_000, 50), ms, ms === 550);
  const { left, right } = all(timeline, 2_000);
  expect(left.every((sample) => sample === 0)).toBe(true);
  expect([right[at(99)], right[at(125)], right[at(400)], right[at(600)], right[at(900)]]).toEqual([
    ...[0, 30_100, 30_000, 32_767, 30_000],
  ]);
  expect(right[at(1_001)]).toBe(0);
});

test('both sides keep their time however it is taken out', () => {
  const timeline = new StereoTimeline(rate, 0);
  const taken: number[] = [];
  for (let ms = 50; ms <= 30_000; ms += 50) {
    timeline.caller(frame(ms, 50), ms, ms === 50);
    if (ms % 200 === 0) timeline.agent(frame(-ms, 50), ms);
    if (ms % 950 === 0) taken.push(...(timeline.take(ms) ?? []));
  }
  taken.push(...(timeline.take(30_000, true) ?? []));
  expect(taken.length).toBe(2 * at(30_000));
  expect([taken[2 * at(20_010)], taken[2 * at(20_010) + 1]]).toEqual([20_050, -20_000]);
});

test('the downsampler keeps speech and drops what would fold back', () => {
  const level = (hertz: number, size: number): number => {
    const downsampler = new Downsampler();
    const input = Int16Array.from(
      { length: 24_000 },
      (_, n) => 10_000 * Math.sin((2 * Math.PI * hertz * n) / 24_000),
    );
    const output: number[] = [];
    for (let from = 0; from < input.length; from += size)
      output.push(...downsampler.push(input.slice(from, from + size)));
    expect(output.length).toBe(16_000);
    const middle = output.slice(1_000, 15_000);
    return (
      Math.sqrt(middle.reduce((sum, value) => sum + value ** 2, 0) / middle.length) / (10_000 / Math.SQRT2)
    );
  };
  for (const size of [1_200, 481, 7]) {
    expect(level(440, size)).toBeCloseTo(1, 2);
    expect(level(5_000, size)).toBeGreaterThan(0.95);
    expect(level(10_000, size)).toBeLessThan(0.01);
  }
});
