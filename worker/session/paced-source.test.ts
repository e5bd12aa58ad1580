import { AudioFrame } from '@livekit/rtc-node';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FrameFeed } from '../native/frame-feed.ts';
import { voiceSampleRate } from '../providers/tts.ts';
import { PacedSource } from './paced-source.ts';

const speech = (ms: number, value = 1_000): AudioFrame => {
  const samples = new Int16Array((voiceSampleRate * ms) / 1_000).fill(value);
  return new AudioFrame(samples, voiceSampleRate, 1, samples.length);
};

describe('the source of the agent’s track', () => {
  let sent: Int16Array[];
  let cleared: number[];
  let source: PacedSource;
  /** Milliseconds of speech, and of anything, sent so far. */
  const spokenMs = () => 10 * sent.filter((samples) => samples.some((sample) => sample !== 0)).length;
  const sentMs = () => 10 * sent.length;

  beforeEach(async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    [sent, cleared] = [[], []];
    vi.spyOn(FrameFeed.prototype, 'send').mockImplementation(async (samples) => {
      sent.push(samples?.slice() ?? new Int16Array(240));
    });
    source = new PacedSource({ queued: () => undefined, cleared: (aheadMs) => cleared.push(aheadMs) });
    await vi.advanceTimersByTimeAsync(1_000);
  });
  afterEach(async () => {
    await source.close();
    vi.restoreAllMocks();
    vi.useRealTimers();
  });

  it('sends silence as fast as the clock goes', () => {
    expect(spokenMs()).toBe(0);
    expect(sentMs()).toBeGreaterThanOrEqual(1_000);
    expect(sentMs()).toBeLessThanOrEqual(1_020);
  });

  it('sends the first 60 ms of speech at once, and the rest as fast as it is spoken', async () => {
    await source.captureFrame(speech(200));
    await vi.advanceTimersByTimeAsync(0);
    expect(spokenMs()).toBe(60);
    await vi.advanceTimersByTimeAsync(100);
    expect(spokenMs()).toBeGreaterThanOrEqual(140);
    expect(spokenMs()).toBeLessThanOrEqual(180);
    await vi.advanceTimersByTimeAsync(100);
    expect(spokenMs()).toBe(200);
  });

  it('hesitates for as long as nobody hears it, and then has lost nothing', async () => {
    void source.captureFrame(speech(400));
    await vi.advanceTimersByTimeAsync(100);
    const before = spokenMs();
    const ahead = (elapsedMs: number) => spokenMs() - elapsedMs;
    source.hesitate();
    await vi.advanceTimersByTimeAsync(32);
    expect(spokenMs()).toBe(before);
    source.goOn();
    await vi.advanceTimersByTimeAsync(0);
    expect([40, 60].includes(Math.floor(ahead(132) / 20) * 20)).toBe(true);
    source.hesitate();
    await vi.advanceTimersByTimeAsync(100);
    expect([40, 60].includes(Math.floor(ahead(232) / 20) * 20)).toBe(true);
  });

  it('an interruption that was foreseen leaves less under way', async () => {
    void source.captureFrame(speech(400));
    await vi.advanceTimersByTimeAsync(100);
    source.hesitate();
    await vi.advanceTimersByTimeAsync(32);
    source.hold();
    expect(cleared.at(-1)).toBeLessThanOrEqual(48);
    expect(cleared.at(-1)).toBeGreaterThan(0);
  });

  it('does not hesitate when too little is under way to cover it', async () => {
    await source.captureFrame(speech(20));
    await vi.advanceTimersByTimeAsync(0);
    const before = sentMs();
    source.hesitate();
    await vi.advanceTimersByTimeAsync(40);
    expect(sentMs()).toBeGreaterThan(before);
  });

  it('is back in step with the clock after speech', async () => {
    const before = sentMs();
    await source.captureFrame(speech(200));
    await vi.advanceTimersByTimeAsync(1_000);
    expect(sentMs() - before).toBeGreaterThanOrEqual(980);
    expect(sentMs() - before).toBeLessThanOrEqual(1_020);
  });

  it('makes its caller wait while 200 ms are queued', async () => {
    let taken = false;
    const whole = source.captureFrame(speech(400)).then(() => {
      taken = true;
    });
    await vi.advanceTimersByTimeAsync(60);
    expect(taken).toBe(false);
    await vi.advanceTimersByTimeAsync(140);
    await whole;
    expect(source.queuedDuration).toBeGreaterThan(150);
  });

  it('has played when the last word was, not when it was sent', async () => {
    await source.captureFrame(speech(100));
    let played = false;
    void source.waitForPlayout().then(() => {
      played = true;
    });
    await vi.advanceTimersByTimeAsync(60);
    expect(spokenMs()).toBe(100);
    expect(played).toBe(false);
    await vi.advanceTimersByTimeAsync(80);
    expect(played).toBe(true);
    expect(source.queuedDuration).toBe(0);
  });

  it('fills up a last piece that is no whole packet', async () => {
    await source.captureFrame(speech(75));
    await vi.advanceTimersByTimeAsync(200);
    expect(sent.flatMap((samples) => [...samples]).filter((sample) => sample !== 0)).toHaveLength(
      (voiceSampleRate * 75) / 1_000,
    );
  });

  it('joins pieces that are no whole frames', async () => {
    for (const value of [1, 2, 3, 4, 5, 6]) await source.captureFrame(speech(7, value));
    await vi.advanceTimersByTimeAsync(200);
    const heard = sent.flatMap((samples) => [...samples]).filter((sample) => sample !== 0);
    expect(heard).toEqual([1, 2, 3, 4, 5, 6].flatMap((value) => [...speech(7, value).data]));
  });

  it('throws the queue away, and says how much is on its way', async () => {
    const whole = source.captureFrame(speech(1_000));
    await vi.advanceTimersByTimeAsync(200);
    source.clearQueue();
    await Promise.all([whole, source.waitForPlayout()]);
    const spoken = spokenMs();
    expect(cleared).toEqual([expect.closeTo(spoken - 200, -1.7)]);
    await vi.advanceTimersByTimeAsync(500);
    expect(spokenMs()).toBe(spoken);
  });

  it('does not catch up after the process was held up: the mixer holds 100 ms and drops the rest', async () => {
    const whole = source.captureFrame(speech(1_000));
    await vi.advanceTimersByTimeAsync(100);
    const before = spokenMs();
    const held = performance.now() + 500;
    vi.spyOn(performance, 'now').mockImplementation(() => held);
    await vi.advanceTimersByTimeAsync(20);
    expect(spokenMs() - before).toBeLessThanOrEqual(80);
    source.clearQueue();
    await whole;
  });

  it('does not catch up either when it is held up while it sends', async () => {
    let late = 0;
    const { now } = performance;
    vi.spyOn(performance, 'now').mockImplementation(() => now.call(performance) + late);
    vi.mocked(FrameFeed.prototype.send).mockImplementation(async (samples) => {
      sent.push(samples?.slice() ?? new Int16Array(240));
      late += spokenMs() > 0 && late === 0 ? 700 : 0;
    });
    const whole = source.captureFrame(speech(1_000));
    await vi.advanceTimersByTimeAsync(10);
    expect(spokenMs()).toBeLessThanOrEqual(100);
    source.clearQueue();
    await whole;
  });

  it('tells whoever wants to say more that the track is broken', async () => {
    vi.mocked(FrameFeed.prototype.send).mockRejectedValue(new Error('no such handle'));
    await vi.advanceTimersByTimeAsync(50);
    await expect(source.captureFrame(speech(100))).rejects.toThrow('no such handle');
  });
});
