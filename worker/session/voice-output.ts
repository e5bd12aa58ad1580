import { setTimeout as sleep } from 'node:timers/promises';
import { voice } from '@livekit/agents';
import {
  type AudioFrame,
  type AudioSource,
  type Room,
  TrackPublishOptions,
  TrackSource,
} from '@livekit/rtc-node';
import { voiceSampleRate } from '../providers/tts.ts';
import { framesOf } from './frames.ts';
import { type OutputTap, PacedSource } from './paced-source.ts';
import type { SpeechWindow } from './speech-state.ts';

/** From the track to the ear: whoever leaves sooner takes the end of the last word along. */
const underWayMs = 200;

/**
 * Bits per second of a track that only LiveKit's SIP service and people on good networks hear. From 76,000 on Opus
 * codes 24 kHz speech by its transform alone (`opus_encode_native`, mode thresholds), for a quarter of the time that
 * its model of a voice takes at the 48,000 or less that are usual, silence included.
 */
const quickBitrate = 80_000n;

/**
 * The agent's track. Unlike the one RoomIO makes, it is published before the caller is there, and the call can seize
 * it from the session to say a last word while the session is still being torn down.
 */
export class VoiceOutput extends voice.ParticipantAudioOutput {
  readonly #source: PacedSource;
  #seized = false;
  #direct = false;
  #subscribed: Promise<void> | undefined;

  /** @param lossy whether the listener's network may lose packets: every one is then sent twice (RED) */
  constructor(room: Room, tap: OutputTap, { lossy }: { readonly lossy: boolean }) {
    super(room, {
      sampleRate: voiceSampleRate,
      numChannels: 1,
      trackPublishOptions: new TrackPublishOptions({
        source: TrackSource.SOURCE_MICROPHONE,
        ...(lossy ? { red: true } : { red: false, audioEncoding: { maxBitrate: quickBitrate } }),
      }),
      queueSizeMs: 0,
    });
    const output = this as unknown as { audioSource: AudioSource };
    void output.audioSource.close();
    this.#source = new PacedSource(tap);
    output.audioSource = this.#source;
  }

  /** Publishes the track. Never aborted: a call that is over still wants to be heard saying why. */
  publish(): void {
    this.#subscribed ??= this.start(new AbortController().signal);
    this.#subscribed.catch(() => undefined);
  }

  /** Resolves when somebody hears the track. */
  get heard(): Promise<void> {
    return this.#subscribed ?? Promise.resolve();
  }

  /** From now on the session speaks into the void; only `play` is heard. */
  seize(): void {
    if (this.#seized) return;
    super.clearBuffer();
    this.resume();
    this.#seized = true;
  }

  /** Plays rendered speech until it has been heard. Only after `seize`. */
  async play(samples: Int16Array): Promise<void> {
    await this.waitForPlayout();
    this.#direct = true;
    try {
      for (const frame of framesOf(samples)) await super.captureFrame(frame);
      super.flush();
    } finally {
      this.#direct = false;
    }
    await this.waitForPlayout();
    await sleep(underWayMs);
  }

  override async captureFrame(frame: AudioFrame): Promise<void> {
    if (!this.#seized || this.#direct) await super.captureFrame(frame);
  }

  override flush(): void {
    if (!this.#seized || this.#direct) super.flush();
  }

  override clearBuffer(): void {
    if (!this.#seized) super.clearBuffer();
  }

  /** A window of the caller's sound. A voice that may begin in it may be an interruption; the next one says. */
  listens({ speaking, mayBegin }: Pick<SpeechWindow, 'speaking' | 'mayBegin'>): void {
    if (speaking) return;
    if (mayBegin) this.#source.hesitate();
    else this.#source.goOn();
  }

  /** The framework pauses whatever comes next; what is queued would still be said. */
  override pause(): void {
    if (this.#seized) return;
    super.pause();
    this.#source.hold();
  }

  override resume(): void {
    super.resume();
    this.#source.resume();
  }
}
