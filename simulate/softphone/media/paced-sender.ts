import { randomInt } from 'node:crypto';
import { encodeUlaw, ULAW_SILENCE } from '../../audio/ulaw.ts';
import { withResolvers } from '../sip/client-transaction.ts';
import { PCMU } from '../sip/sdp.ts';
import { eventPayload, type RtpPacket } from './rtp-packet.ts';

export const FRAME_MS = 20;
export const FRAME_SAMPLES = 160;
/** Samples quieter than this (about -42 dBFS) count as silence when looking for the end of a play. */
const SILENCE_PEAK = 250;
const DIGIT_FRAMES = 8;
const PAUSE_FRAMES = 4;

/**
 * When a play was on the wire, in `performance.now()`. A sample counts as said when its frame leaves, as
 * with a telephone that sends a frame once it is full.
 */
export interface Played {
  readonly startedAt: number;
  readonly endedAt: number;
  /** Begin of the first sample that is not silence; undefined if there is none. */
  readonly firstSpeechAt: number | undefined;
  /** End of the last sample that is not silence. */
  readonly lastSpeechAt: number;
  /** False when `stop` cut it short. */
  readonly complete: boolean;
}

interface Play {
  readonly samples: Int16Array;
  readonly settle: (played: Played) => void;
  next: number;
  startedAt: number;
  firstSpeechAt: number | undefined;
  lastSpeechAt: number;
}

/** One packet of a key press, or undefined for a frame of the silence between two keys. */
interface KeyFrame {
  readonly digit: string;
  readonly duration: number;
  readonly first: boolean;
  readonly end: boolean;
  readonly sent?: () => void;
}

/** Sends a packet for every 20 ms of absolute time, whatever there is to say. */
export class PacedSender {
  packetsSent = 0;
  /** Payload type the other side gives to telephone events. */
  dtmfType = 101;
  /** `performance.now()` of the first frame. */
  startedAt: number | undefined;
  /** 8 kHz samples that go on and on behind everything that is said, pauses too; keys are pressed without them. */
  background: Int16Array | undefined;
  #backgroundAt = 0;
  readonly #send: (packet: RtpPacket) => void;
  readonly #ssrc = randomInt(2 ** 32 - 1);
  readonly #firstTimestamp = randomInt(2 ** 31);
  #sequence = randomInt(2 ** 15);
  #frame = 0;
  #timer: NodeJS.Timeout | undefined;
  #plays: Play[] = [];
  #keys: (KeyFrame | undefined)[] = [];
  #keyTimestamp = 0;
  #marker = true;
  #closed = false;

  constructor(send: (packet: RtpPacket) => void) {
    this.#send = send;
  }

  start(): void {
    if (this.#timer) return;
    this.startedAt = performance.now();
    this.#timer = setTimeout(() => this.#tick(), 0);
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#closed = true;
    this.stopPlaying();
    for (const key of this.#keys.splice(0)) key?.sent?.();
  }

  /** Queues 8 kHz samples behind what is playing. Once closed, nothing of it is said. */
  play(samples: Int16Array): Promise<Played> {
    return new Promise((settle) => {
      const now = performance.now();
      this.#plays.push({
        samples,
        settle,
        next: 0,
        startedAt: now,
        firstSpeechAt: undefined,
        lastSpeechAt: now,
      });
      if (this.#closed) this.stopPlaying();
    });
  }

  stopPlaying(): void {
    const endedAt = performance.now();
    for (const { startedAt, firstSpeechAt, lastSpeechAt, settle } of this.#plays.splice(0)) {
      settle({ startedAt, endedAt, firstSpeechAt, lastSpeechAt, complete: false });
    }
  }

  /** Presses keys one after the other, 160 ms each (RFC 4733 section 2.5.1). */
  press(digits: string): Promise<void> {
    const { promise, resolve } = withResolvers<void>();
    for (const [index, digit] of [...digits].entries()) {
      for (let frame = 0; frame <= DIGIT_FRAMES + 2; frame += 1) {
        const duration = Math.min(frame + 1, DIGIT_FRAMES) * FRAME_SAMPLES;
        const last = index === digits.length - 1 && frame === DIGIT_FRAMES + 2;
        this.#keys.push({
          digit,
          duration,
          first: frame === 0,
          end: frame >= DIGIT_FRAMES,
          ...(last ? { sent: resolve } : {}),
        });
      }
      for (let pause = 0; pause < PAUSE_FRAMES; pause += 1) this.#keys.push(undefined);
    }
    if (digits === '' || this.#closed) resolve();
    return promise;
  }

  #tick(): void {
    const now = performance.now();
    // Frames missed while the event loop was busy leave at once: the far end's timeline must not shrink.
    while (this.#frameTime() <= now) this.#sendFrame();
    this.#timer = setTimeout(() => this.#tick(), Math.max(0, this.#frameTime() - performance.now()));
  }

  #frameTime(): number {
    return (this.startedAt ?? 0) + this.#frame * FRAME_MS;
  }

  #sendFrame(): void {
    const timestamp = (this.#firstTimestamp + this.#frame * FRAME_SAMPLES) >>> 0;
    const pressing = this.#keys.length > 0;
    const key = this.#keys.shift();
    if (key) this.#sendKey(key, timestamp);
    else {
      const frame = this.#overBackground(pressing ? undefined : this.#nextAudio());
      const payload = frame ? encodeUlaw(frame) : new Uint8Array(FRAME_SAMPLES).fill(ULAW_SILENCE);
      this.#emit(PCMU, timestamp, payload, this.#marker);
      this.#marker = false;
    }
    this.#frame += 1;
  }

  #sendKey({ digit, duration, first, end, sent }: KeyFrame, timestamp: number): void {
    if (first) this.#keyTimestamp = timestamp;
    this.#emit(this.dtmfType, this.#keyTimestamp, eventPayload(digit, duration, end), first);
    sent?.();
  }

  #nextAudio(): Int16Array | undefined {
    const play = this.#plays[0];
    if (!play) return undefined;
    const now = performance.now();
    if (play.next === 0) play.startedAt = now - FRAME_MS;
    const chunk = play.samples.subarray(play.next, play.next + FRAME_SAMPLES);
    const frame = new Int16Array(FRAME_SAMPLES);
    frame.set(chunk);
    const isSound = (sample: number) => Math.abs(sample) > SILENCE_PEAK;
    const [first, last] = [chunk.findIndex(isSound), chunk.findLastIndex(isSound)];
    const leftAt = (count: number) => now - ((FRAME_SAMPLES - count) * FRAME_MS) / FRAME_SAMPLES;
    if (first >= 0) play.firstSpeechAt ??= leftAt(first);
    if (last >= 0) play.lastSpeechAt = leftAt(last + 1);
    play.next += FRAME_SAMPLES;
    if (play.next >= play.samples.length) {
      this.#plays.shift();
      const { startedAt, firstSpeechAt, lastSpeechAt } = play;
      play.settle({ startedAt, endedAt: leftAt(chunk.length), firstSpeechAt, lastSpeechAt, complete: true });
    }
    return frame;
  }

  #overBackground(frame: Int16Array | undefined): Int16Array | undefined {
    const { background } = this;
    if (!background || background.length === 0) return frame;
    const first = this.#backgroundAt;
    this.#backgroundAt = (first + FRAME_SAMPLES) % background.length;
    return Int16Array.from({ length: FRAME_SAMPLES }, (_, i) => {
      const sum = (frame?.[i] ?? 0) + (background[(first + i) % background.length] ?? 0);
      return Math.max(-32_768, Math.min(32_767, sum));
    });
  }

  #emit(payloadType: number, timestamp: number, payload: Uint8Array, marker: boolean): void {
    this.#send({ payloadType, marker, sequence: this.#sequence, timestamp, ssrc: this.#ssrc, payload });
    this.#sequence = (this.#sequence + 1) & 0xffff;
    this.packetsSent += 1;
  }
}
