import {
  AudioSource,
  LocalAudioTrack,
  type LocalTrackPublication,
  type Room,
  TrackPublishOptions,
  TrackSource,
} from '@livekit/rtc-node';
import { voiceSampleRate } from '../providers/tts.ts';
import { framesOf } from './frames.ts';

const queueMs = 200;

/**
 * A second voice of the agent, for somebody who must not hear the first or for whom there is something else to hear.
 */
export class SideTrack {
  readonly #room: Room;
  readonly #source = new AudioSource(voiceSampleRate, 1, queueMs);
  readonly #track: LocalAudioTrack;
  #publication: LocalTrackPublication | undefined;
  /** Another number: whatever is playing stops. */
  #turn = 0;
  #playing: Promise<void> = Promise.resolve();

  constructor(room: Room, name: string) {
    this.#room = room;
    this.#track = LocalAudioTrack.createAudioTrack(name, this.#source);
  }

  async publish(): Promise<void> {
    this.#publication = await this.#room.localParticipant?.publishTrack(
      this.#track,
      new TrackPublishOptions({ source: TrackSource.SOURCE_UNKNOWN }),
    );
  }

  /** Plays to the end (true), or until something else is played. */
  async play(samples: Int16Array): Promise<boolean> {
    let mine = 0;
    await this.#begin(async (turn) => {
      mine = turn;
      await this.#frames(samples, turn);
    });
    return this.#turn === mine;
  }

  /** Plays over and over, until something else is played or it is stopped. */
  loop(samples: Int16Array): void {
    void this.#begin(async (turn) => {
      while (this.#turn === turn) await this.#frames(samples, turn);
    }).catch(() => undefined);
  }

  stop(): void {
    this.#turn++;
    this.#source.clearQueue();
  }

  async close(): Promise<void> {
    this.stop();
    await this.#playing.catch(() => undefined);
    const sid = this.#publication?.sid;
    if (sid && this.#room.isConnected) await this.#room.localParticipant?.unpublishTrack(sid);
    await this.#track.close();
  }

  async #begin(play: (turn: number) => Promise<void>): Promise<void> {
    this.stop();
    const turn = this.#turn;
    const before = this.#playing;
    const run = before.catch(() => undefined).then(() => play(turn));
    this.#playing = run;
    await run;
  }

  async #frames(samples: Int16Array, turn: number): Promise<void> {
    for (const frame of framesOf(samples)) {
      if (this.#turn !== turn) return;
      await this.#source.captureFrame(frame);
    }
    if (this.#turn === turn) await this.#source.waitForPlayout();
  }
}
