import {
  AudioStream,
  type RemoteParticipant,
  type RemoteTrack,
  type RemoteTrackPublication,
  type Room,
  RoomEvent,
  TrackSource,
} from '@livekit/rtc-node';
import { recordingRate } from '../../core/recordings/wav.ts';
import { background } from '../../platform/background.ts';
import type { Logger } from '../../platform/log.ts';

/** Fewer, larger frames than the recogniser's: nobody waits for these. */
const frameSizeMs = 50;

/** Samples at 16 kHz; `fresh`: the first ones of a stream. */
export type HearCaller = (samples: Int16Array, fresh: boolean) => void;

/**
 * What the caller says, whether or not the session listens (it does not while a machine's greeting is waited for, or
 * while somebody else has taken over). A stream of its own, opened for the first listener and closed with the last.
 */
export class CallerSound {
  readonly #room: Room;
  readonly #isCaller: (participant: RemoteParticipant) => boolean;
  readonly #log: Logger;
  readonly #listeners = new Set<HearCaller>();
  #current: { readonly sid: string; readonly source: AudioStream } | undefined;

  constructor(room: Room, isCaller: (participant: RemoteParticipant) => boolean, log: Logger) {
    this.#room = room;
    this.#isCaller = isCaller;
    this.#log = log;
  }

  /** Answers what to call to hear no more. */
  listen(listener: HearCaller): () => void {
    this.#listeners.add(listener);
    if (this.#listeners.size === 1) this.#open();
    return () => {
      if (this.#listeners.delete(listener) && this.#listeners.size === 0) this.close();
    };
  }

  close(): void {
    this.#room.off(RoomEvent.TrackSubscribed, this.#onSubscribed);
    this.#listeners.clear();
    this.#drop();
  }

  #open(): void {
    this.#room.on(RoomEvent.TrackSubscribed, this.#onSubscribed);
    for (const participant of this.#room.remoteParticipants.values())
      for (const publication of participant.trackPublications.values())
        if (publication.track) this.#onSubscribed(publication.track, publication, participant);
  }

  readonly #onSubscribed = (
    track: RemoteTrack,
    publication: RemoteTrackPublication,
    participant: RemoteParticipant,
  ): void => {
    if (publication.source !== TrackSource.SOURCE_MICROPHONE || !this.#isCaller(participant)) return;
    const sid = publication.sid ?? '';
    if (this.#current?.sid === sid) return;
    this.#drop();
    const source = new AudioStream(track, { sampleRate: recordingRate, numChannels: 1, frameSizeMs });
    this.#current = { sid, source };
    background(this.#log, 'listening to the caller', this.#read(source));
  };

  async #read(source: AudioStream): Promise<void> {
    let fresh = true;
    for await (const { data } of source) {
      if (this.#current?.source !== source) return;
      for (const listener of this.#listeners) listener(data, fresh);
      fresh = false;
    }
  }

  #drop(): void {
    const current = this.#current;
    this.#current = undefined;
    void current?.source.cancel().catch(() => undefined);
  }
}
