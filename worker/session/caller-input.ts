import type { ReadableStream } from 'node:stream/web';
import { voice } from '@livekit/agents';
import {
  type AudioFrame,
  type RemoteParticipant,
  type RemoteTrack,
  type RemoteTrackPublication,
  type Room,
  RoomEvent,
  TrackSource,
} from '@livekit/rtc-node';
import { mixStreams } from './mix.ts';
import { streamOfTrack } from './track-stream.ts';

/**
 * The caller's microphone as the session's input, with whoever was asked to join. Follows tracks that are published
 * anew.
 */
export class CallerInput extends voice.AudioInput {
  readonly #room: Room;
  readonly #isCaller: (participant: RemoteParticipant) => boolean;
  #attached = true;
  readonly #guests = new Set<string>();
  #closed = false;
  #current: { readonly sid: string; readonly inputId: string; readonly stop: () => void } | undefined;

  constructor(room: Room, isCaller: (participant: RemoteParticipant) => boolean) {
    super();
    this.#room = room;
    this.#isCaller = isCaller;
    room.on(RoomEvent.TrackSubscribed, this.#onSubscribed);
    room.on(RoomEvent.TrackUnsubscribed, this.#onUnsubscribed);
    this.#take();
  }

  override setAttached(attached: boolean): void {
    this.#attached = attached;
    if (attached) this.#take();
    else this.#drop();
  }

  override async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#room.off(RoomEvent.TrackSubscribed, this.#onSubscribed);
    this.#room.off(RoomEvent.TrackUnsubscribed, this.#onUnsubscribed);
    this.#drop();
    await super.close();
  }

  readonly #onSubscribed = (
    track: RemoteTrack,
    publication: RemoteTrackPublication,
    participant: RemoteParticipant,
  ): void => {
    // Tracks come in any order: whoever is heard with the caller may come after them.
    if (this.#guests.has(participant.identity)) this.#takeAgain();
    else this.#listen(track, publication, participant);
  };

  #listen(track: RemoteTrack, publication: RemoteTrackPublication, participant: RemoteParticipant): void {
    if (this.#closed || !this.#attached) return;
    if (publication.source !== TrackSource.SOURCE_MICROPHONE || !this.#isCaller(participant)) return;
    const sid = publication.sid ?? '';
    if (this.#current?.sid === sid) return;
    this.#drop();
    const source = streamOfTrack(track);
    const others = this.#guestTracks().map(streamOfTrack);
    const stop = () => {
      for (const one of [source, ...others]) void one.cancel().catch(() => undefined);
    };
    // rtc-node's stream is a web stream of another declaration.
    const alone = source as unknown as ReadableStream<AudioFrame>;
    const inputId = this.multiStream.addInputStream(
      others.length > 0 ? mixStreams(source, ...others) : alone,
    );
    this.#current = { sid, stop, inputId };
  }

  /** From now on the agent hears this person too, as long as they are there: a conference of three. */
  addGuest(identity: string): void {
    this.#guests.add(identity);
    this.#takeAgain();
  }

  #takeAgain(): void {
    this.#drop();
    this.#take();
  }

  #guestTracks(): RemoteTrack[] {
    return [...this.#guests].flatMap((identity) => {
      const publications = this.#room.remoteParticipants.get(identity)?.trackPublications.values() ?? [];
      return [...publications].flatMap(({ track }) => track ?? []).slice(0, 1);
    });
  }

  readonly #onUnsubscribed = (_track: RemoteTrack, publication: RemoteTrackPublication): void => {
    if (this.#current && publication.sid === this.#current.sid) this.#drop();
  };

  /** What is already there: tracks may come before this input does. */
  #take(): void {
    for (const participant of this.#room.remoteParticipants.values())
      for (const publication of participant.trackPublications.values())
        if (publication.track) this.#listen(publication.track, publication, participant);
  }

  #drop(): void {
    const current = this.#current;
    this.#current = undefined;
    if (current) void this.multiStream.removeInputStream(current.inputId).then(current.stop, current.stop);
  }
}
