import { type APIConnectOptions, tts } from '@livekit/agents';
import { type AudioFrame, AudioResampler } from '@livekit/rtc-node';
import { connectAhead } from '../tts.ts';
import { timesWords } from './captions.ts';
import { type Chain, type Member, payeeOf } from './chain.ts';
import { Script } from './script.ts';
import { type Plugins, Utterance, type UtteranceTiming, utteranceTiming } from './tts-utterance.ts';

interface Options {
  /** What every voice is brought to. */
  readonly sampleRate: number;
  /** Rendered words to be heard when the voice keeps somebody waiting; empty: none are at hand. */
  readonly filler: () => Iterable<AudioFrame>;
  readonly timing?: Partial<UtteranceTiming>;
}

/**
 * A voice that stands for several. LiveKit's own FallbackAdapter cannot go on in the middle of an utterance and probes
 * failed vendors with paid sentences; here speech goes on with the next word, in the voice of whoever can.
 */
export class FallbackTts extends tts.TTS {
  override label = 'trunkline.FallbackTts';
  readonly #chain: Chain<tts.TTS>;
  readonly #options: Options;
  readonly #plugins = new Map<Member<tts.TTS>, tts.TTS>();
  readonly #made = new Set<tts.TTS>();

  constructor(chain: Chain<tts.TTS>, options: Options) {
    super(options.sampleRate, 1, { streaming: true, alignedTranscript: false });
    this.#chain = chain;
    this.#options = options;
  }

  /** The framework takes words from the sound only of a voice that times them. */
  override get capabilities(): tts.TTSCapabilities {
    return {
      streaming: true,
      alignedTranscript: timesWords(this.#plugin.get(this.#chain.current).capabilities),
    };
  }

  override get model(): string {
    return this.#plugin.get(this.#chain.current).model;
  }

  /** As the work is counted. */
  override get provider(): string {
    return payeeOf(this.#chain.current);
  }

  /** Whose voice it is, as the definition names providers. */
  get vendor(): string {
    return this.#chain.current.provider;
  }

  /** Who speaks now. */
  get voice(): string {
    return this.#chain.current.label;
  }

  /** Opens the socket of the voice that is to speak. */
  async connectAhead(): Promise<void> {
    await connectAhead(this.#plugin.get(this.#chain.current));
  }

  override stream(): tts.SynthesizeStream {
    return new FallbackStream(
      this,
      (script) => this.#utterance(script, true),
      () => this.#chain.exhausted(),
    );
  }

  /** Without a filler: for words that are kept. Ends without a sound when nobody can say them. */
  override synthesize(text: string, _options?: APIConnectOptions, signal?: AbortSignal): tts.ChunkedStream {
    const script = new Script();
    script.push(text);
    script.end();
    return new WholeText(this, text, this.#utterance(script, false), signal);
  }

  override async close(): Promise<void> {
    await Promise.allSettled([...this.#made].map((plugin) => plugin.close()));
  }

  #utterance(script: Script, fills: boolean): Utterance {
    return new Utterance(this.#chain, script, {
      plugins: this.#plugin,
      timing: { ...utteranceTiming, ...this.#options.timing },
      filler: () => (fills ? [...this.#options.filler()] : []),
      mustCaption: this.capabilities.alignedTranscript === true,
    });
  }

  readonly #plugin: Plugins = {
    get: (member) => this.#plugins.get(member) ?? this.#make(member),
    renew: (member) => {
      const stuck = this.#plugins.get(member);
      // Others may still be speaking through it.
      if (stuck) setTimeout(() => void stuck.close().catch(() => undefined), 10_000).unref();
      return this.#make(member);
    },
  };

  #make(member: Member<tts.TTS>): tts.TTS {
    const plugin = member.make();
    plugin.on('error', () => undefined);
    this.#plugins.set(member, plugin);
    this.#made.add(plugin);
    return plugin;
  }
}

/** Brings frames of any rate to the one of the output. */
class Rate {
  readonly #hertz: number;
  #resampler: AudioResampler | undefined;
  #from = 0;

  constructor(hertz: number) {
    this.#hertz = hertz;
  }

  *bring(frame: AudioFrame): Generator<AudioFrame> {
    if (frame.sampleRate === this.#hertz) {
      yield frame;
      return;
    }
    if (this.#from !== frame.sampleRate) {
      this.close();
      this.#from = frame.sampleRate;
      this.#resampler = new AudioResampler(frame.sampleRate, this.#hertz, 1);
    }
    yield* this.#resampler?.push(frame) ?? [];
  }

  close(): void {
    this.#resampler?.close();
    this.#resampler = undefined;
  }
}

class FallbackStream extends tts.SynthesizeStream {
  override label = 'trunkline.FallbackStream';
  readonly #speak: (script: Script) => Utterance;
  readonly #onSilence: () => void;
  readonly #rate: Rate;

  constructor(owner: FallbackTts, speak: (script: Script) => Utterance, onSilence: () => void) {
    super(owner, { maxRetry: 0, retryIntervalMs: 0, timeoutMs: 60_000 });
    this.#speak = speak;
    this.#onSilence = onSilence;
    this.#rate = new Rate(owner.sampleRate);
  }

  protected override async run(): Promise<void> {
    const script = new Script();
    const utterance = this.#speak(script);
    void this.#write(script);
    const sounds = utterance.sounds(this.abortSignal);
    try {
      for (;;) {
        const { done, value } = await sounds.next();
        if (done) {
          if (!value && !this.abortSignal.aborted) this.#onSilence();
          break;
        }
        this.#put(utterance.sentAt, value.frame, [...value.words]);
      }
    } finally {
      script.end();
      this.#rate.close();
    }
    if (!this.queue.closed) this.queue.put(tts.SynthesizeStream.END_OF_STREAM);
  }

  #put(
    sentAt: number,
    sound: AudioFrame,
    words: NonNullable<tts.SynthesizedAudio['timedTranscripts']>,
  ): void {
    if (sentAt > 0) {
      const agoMs = Date.now() - sentAt;
      const hrTime = process.hrtime.bigint() - BigInt(Math.round(agoMs * 1e6));
      this.markStarted({ time: (performance.now() - agoMs) / 1_000, hrTime });
    }
    let timedTranscripts = words.length > 0 ? words : undefined;
    for (const frame of this.#rate.bring(sound)) {
      if (this.queue.closed) return;
      const ids = { requestId: 'speech', segmentId: 'speech', final: false };
      this.queue.put({ ...ids, frame, ...(timedTranscripts ? { timedTranscripts } : {}) });
      timedTranscripts = undefined;
    }
  }

  async #write(script: Script): Promise<void> {
    for await (const piece of this.input) if (typeof piece === 'string') script.push(piece);
    script.end();
  }
}

class WholeText extends tts.ChunkedStream {
  override label = 'trunkline.WholeText';
  readonly #utterance: Utterance;
  readonly #rate: Rate;

  constructor(owner: FallbackTts, text: string, utterance: Utterance, signal?: AbortSignal) {
    super(text, owner, { maxRetry: 0, retryIntervalMs: 0, timeoutMs: 60_000 }, signal);
    this.#utterance = utterance;
    this.#rate = new Rate(owner.sampleRate);
  }

  protected override async run(): Promise<void> {
    const sounds = this.#utterance.sounds(this.abortSignal);
    try {
      for (;;) {
        const { done, value } = await sounds.next();
        // The framework lets an error of a whole text escape; no sound says enough.
        if (done) return;
        for (const frame of this.#rate.bring(value.frame))
          if (!this.queue.closed)
            this.queue.put({ requestId: 'text', segmentId: 'text', frame, final: false });
      }
    } finally {
      this.#rate.close();
    }
  }
}
