import { tokenize, tts } from '@livekit/agents';
import { messageOf } from '../../message-of.ts';
import { timesWords } from './captions.ts';
import type { Member } from './chain.ts';
import type { Script } from './script.ts';

type Step = { readonly done: true } | { readonly done: false; readonly audio: tts.SynthesizedAudio };

/** One synthesis by one provider, of a text that is still being written. */
export class TtsAttempt {
  readonly member: Member<tts.TTS>;
  readonly #plugin: tts.TTS;
  readonly #stream: tts.SynthesizeStream;
  readonly #script: Script;
  readonly #from: number;
  readonly #over = new AbortController();
  /**
   * The plugin is shared with other syntheses, so an error may be another one's; it counts when this one ends short.
   */
  readonly #onError = ({ error }: { error: Error }) => {
    this.#error = error;
  };
  #pending: Promise<Step> | undefined;
  #error: unknown;
  #isFinished = false;
  #ended = false;
  #seconds = 0;

  constructor(member: Member<tts.TTS>, plugin: tts.TTS, script: Script, from: number) {
    this.member = member;
    this.#plugin = plugin;
    this.#script = script;
    this.#from = from;
    plugin.on('error', this.#onError);
    const speaker = plugin.capabilities.streaming
      ? plugin
      : new tts.StreamAdapter(plugin, new tokenize.basic.SentenceTokenizer());
    this.#stream = speaker.stream({ connOptions: { maxRetry: 0, retryIntervalMs: 0, timeoutMs: 5_000 } });
    void this.#feed();
  }

  /** Epoch ms when the provider got its first words; 0: not yet (the sentence is not complete). */
  get sentAt(): number {
    const sent = this.#stream.startedTime;
    return sent === undefined ? 0 : Date.now() - (performance.now() - sent.time * 1_000);
  }

  /** Whether the provider says when each word is spoken. */
  get timesWords(): boolean {
    return timesWords(this.#plugin.capabilities);
  }

  get hasAudio(): boolean {
    return this.#seconds > 0;
  }

  /** Why it is over before its end. */
  get failure(): string | undefined {
    const isWhole = this.#isFinished && (this.#plugin.capabilities.streaming || this.#error === undefined);
    if (!this.#ended || isWhole) return undefined;
    return this.#error === undefined
      ? 'The synthesiser ended without its last word.'
      : messageOf(this.#error);
  }

  /** The next piece; the same one until `consume`. Never rejects. */
  next(): Promise<Step> {
    this.#pending ??= this.#read();
    return this.#pending;
  }

  consume(): void {
    this.#pending = undefined;
  }

  close(): void {
    this.#over.abort();
    this.#plugin.off('error', this.#onError);
    this.#stream.close();
  }

  async #feed(): Promise<void> {
    for await (const piece of this.#script.from(this.#from, this.#over.signal)) this.#stream.pushText(piece);
    this.#stream.endInput();
  }

  async #read(): Promise<Step> {
    try {
      for (;;) {
        const { done, value } = await this.#stream.next();
        if (done) break;
        if (value === tts.SynthesizeStream.END_OF_STREAM) {
          this.#isFinished = true;
          break;
        }
        this.#isFinished = value.final;
        this.#seconds += value.frame.samplesPerChannel / value.frame.sampleRate;
        return { done: false, audio: value };
      }
    } catch (error) {
      this.#error ??= error;
    }
    this.#ended = true;
    return { done: true };
  }
}
