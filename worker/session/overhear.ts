import { inference, stt } from '@livekit/agents';
import {
  type AudioStream,
  type RemoteParticipant,
  type RemoteTrack,
  type Room,
  RoomEvent,
  TrackKind,
} from '@livekit/rtc-node';
import { background } from '../../platform/background.ts';
import type { Logger } from '../../platform/log.ts';
import { streamOfTrack } from './track-stream.ts';

export interface Overheard {
  readonly text: string;
  /** Epoch ms; the beginning is a guess from the length of the words. */
  readonly startedAt: number;
  readonly endedAt: number;
}

/**
 * Turns into text what somebody else than the caller says, without the conversation taking note: the person of a
 * transfer, a supervisor. Each listens with a recogniser of their own.
 */
export class Overhear {
  readonly #room: Room;
  readonly #identity: string;
  readonly #recogniser: stt.STT;
  readonly #hear: (said: Overheard) => void;
  readonly #log: Logger;
  readonly #open: (track: RemoteTrack) => AudioStream;
  #stream: stt.SpeechStream | undefined;
  #source: AudioStream | undefined;
  #closed = false;

  constructor(
    room: Room,
    identity: string,
    recogniser: stt.STT,
    hear: (said: Overheard) => void,
    log: Logger,
    open: (track: RemoteTrack) => AudioStream = streamOfTrack,
  ) {
    this.#open = open;
    this.#room = room;
    this.#identity = identity;
    this.#recogniser = recogniser.capabilities.streaming
      ? recogniser
      : new stt.StreamAdapter(recogniser, new inference.VAD({ model: 'silero' }));
    this.#hear = hear;
    this.#log = log;
    room.on(RoomEvent.TrackSubscribed, this.#onSubscribed);
    const participant = room.remoteParticipants.get(identity);
    for (const { track } of participant?.trackPublications.values() ?? [])
      if (track && participant) this.#onSubscribed(track, undefined, participant);
  }

  close(): void {
    this.#closed = true;
    this.#room.off(RoomEvent.TrackSubscribed, this.#onSubscribed);
    void this.#source?.cancel().catch(() => undefined);
    this.#stream?.close();
    background(this.#log, 'closing a second recogniser', this.#recogniser.close());
  }

  readonly #onSubscribed = (
    track: RemoteTrack,
    _publication: unknown,
    { identity }: RemoteParticipant,
  ): void => {
    if (identity !== this.#identity || track.kind !== TrackKind.KIND_AUDIO) return;
    // Also a track that comes anew: of a connection that was made anew, or a microphone.
    void this.#source?.cancel().catch(() => undefined);
    const source = this.#open(track);
    this.#source = source;
    const stream = this.#stream ?? this.#listen();
    background(this.#log, 'feeding a second recogniser', this.#feed(source, stream));
  };

  #listen(): stt.SpeechStream {
    const stream = this.#recogniser.stream();
    this.#stream = stream;
    background(this.#log, 'reading a second recogniser', this.#read(stream));
    return stream;
  }

  async #feed(source: AudioStream, stream: stt.SpeechStream): Promise<void> {
    for await (const frame of source) {
      if (this.#closed || this.#source !== source) return;
      stream.pushFrame(frame);
    }
  }

  async #read(stream: stt.SpeechStream): Promise<void> {
    for await (const event of stream) {
      if (event.type !== stt.SpeechEventType.FINAL_TRANSCRIPT) continue;
      const text = event.alternatives?.[0]?.text.trim() ?? '';
      const endedAt = Date.now();
      if (text !== '') this.#hear({ text, startedAt: endedAt - text.length * 60, endedAt });
    }
  }
}
