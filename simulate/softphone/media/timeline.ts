import { decodeUlaw } from '../../audio/ulaw.ts';
import type { RtpPacket } from './rtp-packet.ts';

const SAMPLES_PER_MS = 8;
/** A packet this far from its time belongs to a stream that paused or jumped, not to jitter. */
const OFF_TIME_MS = 60;
/** Packets closer together than this were waiting in the socket while this process was busy. */
const BURST_MS = 8;
/** Nobody's call in a test is longer; rubbish timestamps must not allocate gigabytes. */
const MAX_SAMPLES = 8_000 * 3_600;

interface Arrival {
  readonly packet: RtpPacket;
  readonly atMs: number;
}

export type OnAudio = (firstSample: number, samples: Int16Array) => void;

/**
 * Puts received packets on one continuous 8 kHz timeline: by RTP timestamp while the stream runs on, by the
 * clock where it paused or jumped. What never came is silence.
 */
export class Timeline {
  packetsReceived = 0;
  /** Packets missing by sequence number. */
  packetsLost = 0;
  /** `performance.now()` of the first sample, once something came. */
  originMs: number | undefined;
  #samples = new Int16Array(8_000 * 30);
  #length = 0;
  #ssrc = 0;
  #timestampBase = 0;
  #sampleBase = 0;
  #nextSequence: number | undefined;
  #held: Arrival | undefined;
  readonly #onAudio: OnAudio;

  constructor(onAudio: OnAudio) {
    this.#onAudio = onAudio;
  }

  get samples(): Int16Array {
    return this.#samples.slice(0, this.#length);
  }

  /** `performance.now()` at which a sample was heard. */
  timeOf(sample: number): number {
    return (this.originMs ?? 0) + sample / SAMPLES_PER_MS;
  }

  receive(packet: RtpPacket, atMs: number) {
    if (this.originMs === undefined || packet.ssrc !== this.#ssrc) {
      this.#releaseHeld();
      this.#rebase(packet, atMs);
      return this.#write(packet);
    }
    if (this.#held) this.#judgeHeld(this.#held, atMs);
    const lateMs = atMs - this.timeOf(this.#position(packet));
    if (lateMs > OFF_TIME_MS) this.#held = { packet, atMs };
    else if (lateMs < -OFF_TIME_MS) {
      this.#rebase(packet, atMs);
      this.#write(packet);
    } else {
      // The packet that travelled fastest tells the true time.
      if (lateMs < 0) this.originMs += lateMs;
      this.#write(packet);
    }
  }

  /** Late because the sender paused (the next one keeps its distance) or because we did not read in time? */
  #judgeHeld({ packet, atMs }: Arrival, nextAtMs: number): void {
    this.#held = undefined;
    if (nextAtMs - atMs >= BURST_MS) this.#rebase(packet, atMs);
    this.#write(packet);
  }

  #releaseHeld(): void {
    if (this.#held) this.#write(this.#held.packet);
    this.#held = undefined;
  }

  #position(packet: RtpPacket): number {
    return this.#sampleBase + ((packet.timestamp - this.#timestampBase) | 0);
  }

  /** The packet is heard from when it came, and never over what is there already. */
  #rebase(packet: RtpPacket, atMs: number): void {
    this.originMs ??= atMs;
    const byClock = Math.round((atMs - this.originMs) * SAMPLES_PER_MS);
    this.#ssrc = packet.ssrc;
    this.#timestampBase = packet.timestamp;
    this.#sampleBase = Math.max(byClock, this.#length);
  }

  #write(packet: RtpPacket): void {
    const audio = decodeUlaw(packet.payload);
    const at = this.#position(packet);
    if (at < 0 || at + audio.length > MAX_SAMPLES) return;
    this.#grow(at + audio.length);
    this.#samples.set(audio, at);
    this.#length = Math.max(this.#length, at + audio.length);
    this.#onAudio(at, audio);
  }

  #grow(length: number): void {
    if (length <= this.#samples.length) return;
    const bigger = new Int16Array(Math.max(length, this.#samples.length * 2));
    bigger.set(this.#samples);
    this.#samples = bigger;
  }

  /** To be told of every packet of the stream, key presses too: they share the sequence numbers. */
  count({ sequence, ssrc }: RtpPacket): void {
    this.packetsReceived += 1;
    if (this.#nextSequence !== undefined && ssrc === this.#ssrc) {
      const ahead = (sequence - this.#nextSequence) & 0xffff;
      if (ahead < 0x8000) this.packetsLost += ahead;
      else {
        // Came late after all: it had been counted as lost.
        this.packetsLost = Math.max(0, this.packetsLost - 1);
        return;
      }
    }
    this.#nextSequence = (sequence + 1) & 0xffff;
  }
}
