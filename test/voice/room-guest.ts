import '../harness/quiet-rtc.ts';
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
import { speak } from '../../simulate/audio/speak.ts';
import { transcribe } from '../../simulate/audio/transcribe.ts';
import type { Product } from '../harness/product.ts';

/** Of the voices of tests. */
const sampleRate = 24_000;
const audible = 500;

interface Sound {
  readonly samples: Int16Array;
  readonly at: number;
}

/** Somebody who takes part by LiveKit and not by telephone: a visitor, a supervisor. Hears everybody apart. */
export class RoomGuest {
  readonly room = new Room();
  readonly #product: Product;
  readonly #source = new AudioSource(sampleRate, 1, 60_000);
  readonly #heard = new Map<string, Sound[]>();

  private constructor(product: Product) {
    this.#product = product;
  }

  /** Joins with an open microphone. */
  static async join(product: Product, { url, token }: { url: string; token: string }): Promise<RoomGuest> {
    const guest = new RoomGuest(product);
    guest.room.on(RoomEvent.TrackSubscribed, (track, _publication, { identity }) => {
      void guest.#listen(identity, track).catch(() => undefined);
    });
    guest.room.registerByteStreamHandler('lk.agent.session', () => undefined);
    guest.room.registerTextStreamHandler('lk.transcription', () => undefined);
    await guest.room.connect(url, token, { autoSubscribe: true, dynacast: false });
    const track = LocalAudioTrack.createAudioTrack('mic', guest.#source);
    const options = new TrackPublishOptions({ source: TrackSource.SOURCE_MICROPHONE });
    await guest.room.localParticipant?.publishTrack(track, options);
    return guest;
  }

  /** Resolves when the last word, and a silence that ends the turn, are out. */
  async say(text: string): Promise<void> {
    const spoken = await speak({ speechUrl: this.#product.speechUrl, text });
    if (spoken.sampleRate !== sampleRate) throw new Error(`The voice has ${spoken.sampleRate} Hz.`);
    const padded = new Int16Array(spoken.samples.length + 2 * sampleRate);
    padded.set(spoken.samples);
    await this.#source.captureFrame(new AudioFrame(padded, sampleRate, 1, padded.length));
    await this.#source.waitForPlayout();
  }

  /** What participants whose identity begins so were heard to say since then, in lower case; '' when it was silence. */
  async heardFrom(identity: string, since = 0): Promise<string> {
    const sounds = [...this.#heard].flatMap(([who, all]) => (who.startsWith(identity) ? all : []));
    const samples = Int16Array.from(
      sounds.filter(({ at }) => at >= since).flatMap((one) => [...one.samples]),
    );
    if (!samples.some((sample) => Math.abs(sample) > audible)) return '';
    const text = await transcribe({ speechUrl: this.#product.speechUrl, samples, sampleRate });
    return text.toLowerCase();
  }

  async leave(): Promise<void> {
    await this.room.disconnect();
    await this.#source.close();
  }

  async #listen(identity: string, track: RemoteTrack): Promise<void> {
    const sounds = this.#heard.get(identity) ?? [];
    this.#heard.set(identity, sounds);
    for await (const { data } of new AudioStream(track, { sampleRate, numChannels: 1, frameSizeMs: 50 }))
      sounds.push({ samples: data, at: performance.now() });
  }
}
