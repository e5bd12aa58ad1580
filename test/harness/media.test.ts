import { describe, expect, it } from 'vitest';
import { decodeUlaw, encodeUlaw } from '../../simulate/audio/ulaw.ts';
import { PacedSender } from '../../simulate/softphone/media/paced-sender.ts';
import {
  eventPayload,
  parseEvent,
  parseRtp,
  type RtpPacket,
  serializeRtp,
} from '../../simulate/softphone/media/rtp-packet.ts';
import { SpeechTracker } from '../../simulate/softphone/media/speech-tracker.ts';
import { Timeline } from '../../simulate/softphone/media/timeline.ts';
import { tone } from './tone.ts';

const FRAME = 160;
const clip = decodeUlaw(encodeUlaw(tone(400, 8_000, FRAME * 20)));

/** The packet of frame `index` of the clip, in a stream that began at sequence 65530. */
function packet(index: number, changes: Partial<RtpPacket> = {}): RtpPacket {
  return {
    payloadType: 0,
    marker: false,
    sequence: (65_530 + index) & 0xffff,
    timestamp: (0xffff_ff00 + index * FRAME) >>> 0,
    ssrc: 7,
    payload: encodeUlaw(clip.subarray(index * FRAME, (index + 1) * FRAME)),
    ...changes,
  };
}

function timeline() {
  const line = new Timeline(() => undefined);
  const receive = (one: RtpPacket, atMs: number) => {
    line.count(one);
    line.receive(one, atMs);
  };
  return { line, receive };
}

describe('an RTP packet', () => {
  it('survives writing and reading', () => {
    const one = packet(3, { marker: true });
    expect(parseRtp(serializeRtp(one))).toMatchObject({ ...one, payload: Buffer.from(one.payload) });
  });

  it('is not made of RTCP, STUN or rubbish', () => {
    expect(parseRtp(Buffer.from([0x80, 200, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]))).toBeUndefined();
    expect(parseRtp(Buffer.alloc(20))).toBeUndefined();
    expect(parseRtp(Buffer.from([0x80]))).toBeUndefined();
    expect(parseRtp(Buffer.concat([Buffer.from([0xbf]), Buffer.alloc(30, 0xff)]))).toBeUndefined();
  });

  it('of a key press says which key and whether it is up', () => {
    expect(parseEvent(eventPayload('#', 1280, true))).toEqual({ digit: '#', end: true });
    expect(parseEvent(Uint8Array.of(99, 0, 0, 0))).toBeUndefined();
  });
});

describe('the timeline', () => {
  it('is in order and whole when packets are not, across the wrap of both counters', () => {
    const { line, receive } = timeline();
    for (const index of [0, 2, 1, 3, 5, 4, 6, 7, 8, 9]) receive(packet(index), 1_000 + index * 20);
    expect(line.samples).toEqual(clip.subarray(0, FRAME * 10));
    expect(line.packetsLost).toBe(0);
  });

  it('has silence where packets were lost, and counts them', () => {
    const { line, receive } = timeline();
    for (const index of [0, 1, 4]) receive(packet(index), 1_000 + index * 20);
    expect(line.packetsLost).toBe(2);
    expect(line.samples.subarray(FRAME * 2, FRAME * 4).every((sample) => sample === 0)).toBe(true);
    expect(line.samples.subarray(FRAME * 4)).toEqual(clip.subarray(FRAME * 4, FRAME * 5));
  });

  it('does not shift by a busy moment of our own', () => {
    const { line, receive } = timeline();
    for (let index = 0; index < 20; index += 1) {
      const atMs = index >= 5 && index < 15 ? 1_300 + index * 0.1 : 1_000 + index * 20;
      receive(packet(index), atMs);
    }
    expect(line.samples).toEqual(clip);
    expect(line.timeOf(0)).toBeCloseTo(1_000, 0);
  });

  it('follows the clock when the sender paused without counting on', () => {
    const { line, receive } = timeline();
    for (let index = 0; index < 10; index += 1) {
      receive(packet(index), 1_000 + index * 20 + (index >= 5 ? 500 : 0));
    }
    const resumed = line.samples.findLastIndex(
      (sample, i, all) => sample !== 0 && all[i - 1] === 0 && all[i - 80] === 0,
    );
    expect(line.timeOf(resumed)).toBeGreaterThan(1_590);
    expect(line.timeOf(resumed)).toBeLessThan(1_610);
  });

  it('follows the clock when the timestamps jump or the stream is another', () => {
    const { line, receive } = timeline();
    receive(packet(0), 1_000);
    receive(packet(1, { timestamp: 900_000 }), 1_020);
    receive(packet(2, { ssrc: 8, timestamp: 5 }), 1_040);
    expect(line.samples).toEqual(clip.subarray(0, FRAME * 3));
  });

  it('takes its time from the packet that travelled fastest', () => {
    const { line, receive } = timeline();
    receive(packet(0), 1_030);
    receive(packet(1), 1_020);
    expect(line.timeOf(0)).toBe(1_000);
  });
});

describe('the speech tracker', () => {
  const loud = tone(400, 8_000, 800);
  const quiet = new Int16Array(800);

  it('gives the times of sounds and joins those with a short pause', () => {
    const tracker = new SpeechTracker((sample) => 5_000 + sample / 8);
    const parts = [quiet, loud, quiet, quiet, loud, quiet, quiet, quiet, quiet, quiet, loud, quiet];
    for (const [index, part] of parts.entries()) tracker.push(index * 800, part);
    expect(tracker.segments()).toEqual([
      { startMs: 5_100, endMs: 5_500 },
      { startMs: 6_000, endMs: 6_100 },
    ]);
  });

  it('takes a hole in the timeline for silence', () => {
    const tracker = new SpeechTracker((sample) => sample / 8);
    tracker.push(0, loud);
    tracker.push(8_000, loud);
    expect(tracker.segments()).toHaveLength(2);
  });
});

describe('the paced sender', () => {
  it('has sent what the clock says even after the event loop stood still, and loses no sample', async () => {
    const packets: RtpPacket[] = [];
    const sender = new PacedSender((one) => packets.push(one));
    const startedAt = performance.now();
    sender.start();
    const played = sender.play(clip);
    await new Promise((resolve) => setTimeout(resolve, 60));
    const until = performance.now() + 150;
    while (performance.now() < until);
    expect(await played).toMatchObject({ complete: true });
    sender.close();
    const frames = Math.floor((performance.now() - startedAt) / 20);
    expect(packets.length).toBeGreaterThanOrEqual(frames - 1);
    expect(packets.length).toBeLessThanOrEqual(frames + 2);
    const audio = Buffer.concat(packets.map(({ payload }) => payload));
    expect(audio.includes(Buffer.from(encodeUlaw(clip)))).toBe(true);
    const steps = packets
      .slice(1)
      .map(({ timestamp }, i) => (timestamp - (packets[i]?.timestamp ?? 0)) >>> 0);
    expect(new Set(steps)).toEqual(new Set([FRAME]));
  });

  it('says when the last sound left, not when the silence behind it did', async () => {
    const sender = new PacedSender(() => undefined);
    sender.start();
    const samples = new Int16Array(FRAME * 15);
    samples.set(clip.subarray(0, FRAME * 5));
    const { startedAt, lastSpeechAt, endedAt } = await sender.play(samples);
    sender.close();
    expect(endedAt - lastSpeechAt).toBeGreaterThan(100);
    expect(lastSpeechAt).toBeGreaterThan(startedAt);
  });

  it('mixes what is said into a background that goes on in pauses and begins anew at its end', async () => {
    const packets: RtpPacket[] = [];
    const sender = new PacedSender((one) => packets.push(one));
    sender.background = Int16Array.from({ length: FRAME * 1.5 }, (_, i) => (i < FRAME ? 1_000 : 5_000));
    sender.start();
    await sender.play(new Int16Array(FRAME * 2).fill(2_000));
    const until = performance.now() + 60;
    while (performance.now() < until) await new Promise((resolve) => setTimeout(resolve, 5));
    sender.close();
    const heard = decodeUlaw(Buffer.concat(packets.slice(0, 4).map(({ payload }) => payload)));
    const at = (sample: number) => Math.round((heard[sample] ?? 0) / 500) * 500;
    expect([at(0), at(FRAME), at(FRAME * 1.5), at(FRAME * 2), at(FRAME * 3)]).toEqual([
      ...[3_000, 7_000, 3_000, 1_000, 1_000],
    ]);
  });

  it('stops in the middle of a clip when told to', async () => {
    const sender = new PacedSender(() => undefined);
    sender.start();
    const played = sender.play(clip);
    await new Promise((resolve) => setTimeout(resolve, 40));
    sender.stopPlaying();
    expect(await played).toMatchObject({ complete: false });
    sender.close();
  });

  it('presses a key with a marker, one timestamp and three ends (RFC 4733)', async () => {
    const packets: RtpPacket[] = [];
    const sender = new PacedSender((one) => packets.push(one));
    sender.start();
    await sender.press('5');
    sender.close();
    const events = packets.filter(({ payloadType }) => payloadType === 101);
    expect(events.map(({ marker }) => marker)).toEqual(events.map((_, index) => index === 0));
    expect(new Set(events.map(({ timestamp }) => timestamp)).size).toBe(1);
    expect(events.filter(({ payload }) => parseEvent(payload)?.end)).toHaveLength(3);
    const durations = events.map(({ payload }) => Buffer.from(payload).readUInt16BE(2));
    expect(durations).toEqual([...durations].sort((a, b) => a - b));
    expect(durations.at(-1)).toBe(1_280);
  });
});
