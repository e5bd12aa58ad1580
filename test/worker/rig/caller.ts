import '../../harness/quiet-rtc.ts';
import { readFile } from 'node:fs/promises';
import {
  AudioFrame,
  AudioSource,
  AudioStream,
  LocalAudioTrack,
  type RemoteTrack,
  Room,
  RoomEvent,
  TrackPublishOptions,
  TrackSource,
} from '@livekit/rtc-node';
import { AccessToken } from 'livekit-server-sdk';
import { waitFor } from '../../../platform/retry.ts';
import { parseWav } from '../../../simulate/audio/wav.ts';
import type { Stack } from './stack.ts';

const rate = 16_000;
const frameMs = 20;
const loud = 500;

/** A person in a room: speaks a recorded question, and notes when they hear something. */
export class Caller {
  readonly room = new Room();
  /** When the agent became audible, and when it fell silent for 300 ms. Epoch ms. */
  readonly heard: { from: number; to: number }[] = [];
  joinedAt = 0;
  readonly #source = new AudioSource(rate, 1, 1_000);
  #silence: NodeJS.Timeout | undefined;
  #speaking = false;
  #closed = false;

  /** Joins with an open microphone. */
  static async join(stack: Stack, roomName: string, identity: string): Promise<Caller> {
    const caller = new Caller();
    const token = new AccessToken(stack.livekit.apiKey, stack.livekit.apiSecret, { identity });
    token.addGrant({ roomJoin: true, room: roomName });
    caller.room.on(RoomEvent.TrackSubscribed, (track) => void caller.#listen(track));
    // Unread, the streams of captions and session events would each be logged.
    caller.room.registerByteStreamHandler('lk.agent.session', () => undefined);
    caller.room.registerTextStreamHandler('lk.transcription', () => undefined);
    await caller.room.connect(stack.livekit.url, await token.toJwt(), {
      autoSubscribe: true,
      dynacast: false,
    });
    caller.joinedAt = Date.now();
    const track = LocalAudioTrack.createAudioTrack('mic', caller.#source);
    await caller.room.localParticipant?.publishTrack(
      track,
      new TrackPublishOptions({ source: TrackSource.SOURCE_MICROPHONE }),
    );
    caller.#silence = setInterval(() => {
      if (!caller.#speaking)
        void caller.#play(new Int16Array((rate * frameMs) / 1_000)).catch(() => undefined);
    }, frameMs);
    return caller;
  }

  get hearsAgent(): boolean {
    const last = this.heard.at(-1);
    return last !== undefined && last.to === 0;
  }

  /**
   * Speaks the question, or another recording at 16 kHz. It is queued ahead, so that a test that is held up does not
   * stammer: the agent would answer half of the question. @returns when the last word was out, epoch ms
   */
  async ask(recording?: Int16Array): Promise<number> {
    const samples = recording ?? parseWav(await readFile(new URL('question.wav', import.meta.url))).samples;
    this.#speaking = true;
    const size = (rate * frameMs) / 1_000;
    for (let at = 0; at < samples.length; at += size) {
      const piece = new Int16Array(size);
      piece.set(samples.subarray(at, at + size));
      await this.#play(piece);
    }
    const outAt = Date.now() + this.#source.queuedDuration;
    if (!this.#closed) await this.#source.waitForPlayout();
    this.#speaking = false;
    return Math.min(outAt, Date.now());
  }

  /** Waits for the agent's next words after `since`. @returns when they began */
  async hears(since: number, timeoutMs = 45_000): Promise<number> {
    const words = await waitFor('the agent to speak', () => this.heard.find(({ from }) => from > since), {
      timeoutMs,
      everyMs: 10,
    });
    return words.from;
  }

  async silence(timeoutMs = 45_000): Promise<void> {
    await waitFor('the agent to be silent', () => !this.hearsAgent, { timeoutMs, everyMs: 20 });
  }

  async leave(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    clearInterval(this.#silence);
    await this.room.disconnect();
    await this.#source.close();
  }

  async #play(samples: Int16Array): Promise<void> {
    if (!this.#closed) await this.#source.captureFrame(new AudioFrame(samples, rate, 1, samples.length));
  }

  async #listen(track: RemoteTrack): Promise<void> {
    let quietSince = 0;
    for await (const frame of new AudioStream(track, {
      sampleRate: rate,
      numChannels: 1,
      frameSizeMs: frameMs,
    })) {
      const peak = frame.data.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
      const now = Date.now();
      if (peak > loud) {
        if (!this.hearsAgent) this.heard.push({ from: now, to: 0 });
        quietSince = 0;
      } else if (this.hearsAgent) {
        quietSince ||= now;
        const last = this.heard.at(-1);
        if (last && now - quietSince > 300) last.to = quietSince;
      }
    }
    const last = this.heard.at(-1);
    if (last && this.hearsAgent) last.to = Date.now();
  }
}
