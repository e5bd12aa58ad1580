import { type AudioFrame, AudioSource } from '@livekit/rtc-node';
import { type Resolvers, withResolvers } from '../../platform/with-resolvers.ts';
import { FrameFeed } from '../native/frame-feed.ts';
import { voiceSampleRate } from '../providers/tts.ts';
import { trimLead } from './frames.ts';

/** A source without a queue takes exactly so much at a time. */
const frameSamples = voiceSampleRate / 100;
/** What the codec puts into one packet: two of them. */
const packetMs = 20;
const packetSamples = frameSamples * 2;
/** How far ahead of its time speech is sent. */
const leadMs = 60;
/** So long nothing may be sent while speech is under way, and nobody hears it: the rest is for the way. */
const hesitationMs = 44;
/** Speech that is held here before `captureFrame` makes its caller wait. */
const queueSamples = (voiceSampleRate * 200) / 1_000;

/** Hears what goes to a track: all of it as it is queued, and the moments at which the queue is thrown away. */
export interface OutputTap {
  queued(samples: Int16Array): void;
  /** @param aheadMs of speech that is on its way and will still be heard */
  cleared(aheadMs: number): void;
}

/**
 * The source of the agent's track. rtc-node's own sends speech as fast as it is spoken, from its first frame on, and
 * LiveKit's SIP mixer plays nothing before three packets have come (media-sdk, `DefaultInputBufferMin`): the caller
 * waits for 60 ms that are there already. Here they leave at once. Between speeches silence is sent, so that the time
 * stamps of the track go with the clock, and the jitter buffer of a browser does not take a pause for a bad network.
 */
export class PacedSource extends AudioSource {
  readonly #tap: OutputTap;
  readonly #feed: FrameFeed;
  /** Not yet sent, in order; of the first, what is left of it. */
  #pieces: Int16Array[] = [];
  #queued = 0;
  /** The clock of the track: `#sentMs` of sound have been sent since it began, speech up to `#speechMs`. */
  #beganAt = performance.now();
  #sentMs = 0;
  #speechMs = 0;
  #timer: NodeJS.Timeout | undefined;
  #sending = false;
  #held = false;
  #hesitatesUntil = 0;
  #stopped = false;
  /** Why it has stopped by itself: told to whoever wants to say more. */
  #failure: unknown;
  /** Of a caller of `captureFrame` that waits; of everything queued having been played. */
  #room: Resolvers<void> | undefined;
  #playout: Resolvers<void> | undefined;

  constructor(tap: OutputTap) {
    super(voiceSampleRate, 1, 0);
    this.#tap = tap;
    const { handle: sourceHandle } = this.ffiHandle;
    this.#feed = new FrameFeed({ sourceHandle, sampleRate: voiceSampleRate, frameSamples });
    void this.#send();
  }

  /** In milliseconds: what has not been sent, and what is on its way before its time. */
  override get queuedDuration(): number {
    return (this.#queued * 1_000) / voiceSampleRate + this.#aheadMs;
  }

  override async captureFrame(frame: AudioFrame): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#stopped || frame.data.length === 0) return;
    const data = this.queuedDuration > 0 ? frame.data : trimLead(frame.data);
    if (!this.#held) this.#tap.queued(data);
    this.#playout ??= withResolvers();
    this.#pieces.push(data);
    this.#queued += data.length;
    void this.#send();
    while (this.#queued > queueSamples) {
      this.#room ??= withResolvers();
      await this.#room.promise;
    }
  }

  /** There is a sound that may become an interruption: sends nothing for a moment, for what is under way covers it. */
  hesitate(): void {
    const now = performance.now();
    if (this.#aheadMs >= hesitationMs && now >= this.#hesitatesUntil)
      this.#hesitatesUntil = now + hesitationMs;
  }

  /** It was nothing. */
  goOn(): void {
    if (performance.now() >= this.#hesitatesUntil) return;
    this.#hesitatesUntil = 0;
    void this.#send();
  }

  /** Falls silent at once and keeps what has not been sent, for `resume`. */
  hold(): void {
    if (this.#held) return;
    this.#held = true;
    this.#tap.cleared(this.#aheadMs);
  }

  resume(): void {
    if (!this.#held) return;
    this.#held = false;
    for (const piece of this.#pieces) this.#tap.queued(piece);
    void this.#send();
  }

  override clearQueue(): void {
    if (!this.#held) this.#tap.cleared(this.#aheadMs);
    this.#pieces = [];
    this.#queued = 0;
    this.#played();
    this.#makeRoom();
  }

  override async waitForPlayout(): Promise<void> {
    await this.#playout?.promise;
  }

  override async close(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.clearQueue();
    this.#feed.close();
    await super.close();
  }

  get #elapsedMs(): number {
    return performance.now() - this.#beganAt;
  }

  get #aheadMs(): number {
    return Math.max(0, this.#speechMs - this.#elapsedMs);
  }

  /** Sends what is due, and comes back when more is. */
  async #send(): Promise<void> {
    if (this.#sending || this.#stopped) return;
    this.#sending = true;
    clearTimeout(this.#timer);
    try {
      while (this.#isDue() && !this.#stopped) await this.#sendPacket();
      if (this.#queued === 0 && this.#aheadMs === 0) this.#played();
    } catch (error) {
      this.#failure = error;
      this.#stopped = true;
      this.clearQueue();
    } finally {
      this.#sending = false;
    }
    if (this.#stopped) return;
    const dueInMs = this.#sentMs - this.#leadMs - this.#elapsedMs;
    const waitMs = Math.max(dueInMs, this.#hesitatesUntil - performance.now());
    this.#timer = setTimeout(() => void this.#send(), Math.max(1, waitMs));
  }

  #isDue(): boolean {
    // A process that was held up, and be it by the last packet, goes on from now: nobody's buffer holds what it missed.
    if (this.#elapsedMs > this.#sentMs + packetMs) this.#beganAt = performance.now() - this.#sentMs;
    return this.#sentMs <= this.#elapsedMs + this.#leadMs && performance.now() >= this.#hesitatesUntil;
  }

  /** Speech goes ahead of its time in whole packets; silence, and a last piece that it fills up, does not. */
  get #leadMs(): number {
    return this.#queued >= packetSamples && !this.#held ? leadMs : 0;
  }

  async #sendPacket(): Promise<void> {
    const speaks = this.#queued > 0 && !this.#held;
    const packet = speaks ? this.#take() : null;
    this.#sentMs += packetMs;
    if (speaks) this.#speechMs = this.#sentMs;
    this.#makeRoom();
    await this.#feed.send(packet?.subarray(0, frameSamples));
    await this.#feed.send(packet?.subarray(frameSamples));
  }

  #take(): Int16Array {
    const packet = new Int16Array(packetSamples);
    let filled = 0;
    for (let piece = this.#pieces[0]; piece && filled < packetSamples; piece = this.#pieces[0]) {
      const part = piece.subarray(0, packetSamples - filled);
      packet.set(part, filled);
      filled += part.length;
      if (part.length === piece.length) this.#pieces.shift();
      else this.#pieces[0] = piece.subarray(part.length);
    }
    this.#queued -= filled;
    return packet;
  }

  #makeRoom(): void {
    if (this.#queued > queueSamples) return;
    this.#room?.resolve();
    this.#room = undefined;
  }

  #played(): void {
    this.#playout?.resolve();
    this.#playout = undefined;
  }
}
