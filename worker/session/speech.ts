import type { voice } from '@livekit/agents';
import { background } from '../../platform/background.ts';
import { withResolvers } from '../../platform/with-resolvers.ts';
import type { ProviderSet } from '../providers/index.ts';
import { streamOf } from './frames.ts';
import { piecesOf, streamOfPieces } from './long-text.ts';
import type { CallParts } from './parts.ts';
import { type PhraseName, phrase } from './phrases.ts';
import type { SpeechSource } from './turn-report.ts';

/** What a call says when something fails, and so has at hand before anything does. */
const keptPhrases: readonly PhraseName[] = ['moment', 'failed', 'again', 'slow'];

/** What the agent says without its language model: fixed words, rendered once and remembered. */
export class Speech {
  readonly #parts: CallParts;
  readonly #isOff: () => boolean;
  readonly #kept = new Map<string, Int16Array>();
  #providers: ProviderSet | undefined;
  #session: voice.AgentSession | undefined;

  /** @param isOff the agent does not lead the conversation: it is silent, or the caller on hold */
  constructor(parts: CallParts, isOff: () => boolean) {
    this.#parts = parts;
    this.#isOff = isOff;
  }

  /** Another agent speaks with another voice, and its phrases are rendered anew. */
  use(providers: ProviderSet): void {
    const isAnother = this.#providers !== undefined;
    this.#providers = providers;
    this.#kept.clear();
    if (isAnother) background(this.#parts.log, 'rendering phrases ahead', this.keepPhrases());
  }

  attach(session: voice.AgentSession): void {
    this.#session = session;
  }

  phrase(name: PhraseName): string {
    return phrase(name, this.#parts.plan.definition.language);
  }

  /** Renders what is needed when the voice is gone. Never rejects: without it there is still a tone. */
  async keepPhrases(): Promise<void> {
    for (const name of keptPhrases) {
      if (this.#parts.outcome.ending) return;
      const text = this.phrase(name);
      const samples = await this.render(text).catch(() => null);
      if (samples) this.#kept.set(text, samples);
    }
  }

  /** A phrase that is rendered already; undefined: it is not. */
  kept(name: PhraseName): Int16Array | undefined {
    return this.#kept.get(this.phrase(name));
  }

  /** Samples at the output rate, in the voice of this moment or at least the one of the call's beginning. */
  async render(text: string): Promise<Int16Array> {
    const providers = this.#providers;
    if (!providers) throw new Error('There is no synthesiser.');
    return this.#kept.get(text) ?? (await this.#parts.host.phrases.render(providers, text));
  }

  /** Said after whatever is being said. Resolves with the handle once it is queued; undefined: the call is over. */
  async say(
    text: string,
    source: SpeechSource,
    { interruptible = true }: { interruptible?: boolean } = {},
  ): Promise<voice.SpeechHandle | undefined> {
    const samples = await this.render(text);
    if (this.#parts.outcome.ending || !this.#session) return undefined;
    this.#parts.turns.announce(text, source);
    return this.#session.say(text, {
      audio: streamOf(samples),
      ...(interruptible ? {} : { allowInterruptions: false }),
    });
  }

  /**
   * `say` for words of any length, of somebody who waits to hear that they are said: `begun` resolves when they are
   * heard, true, or will not be, false. Rejects when the voice is gone; undefined: the call is over.
   *
   * @param signal aborted when nobody waits any more: what is not queued by then is not said
   */
  async sayAtLength(
    text: string,
    source: SpeechSource,
    signal: AbortSignal,
  ): Promise<{ readonly begun: Promise<boolean> } | undefined> {
    const [head, ...rest] = piecesOf(text);
    const first = await this.render(head);
    signal.throwIfAborted();
    const session = this.#session;
    if (this.#parts.outcome.ending || !session) return undefined;
    const { promise, resolve } = withResolvers<boolean>();
    const audio = streamOfPieces(first, rest, {
      render: (piece) => this.render(piece),
      onBegin: () => resolve(true),
    });
    this.#parts.turns.announce(text, source);
    session.say(text, { audio }).addDoneCallback(() => resolve(false));
    return { begun: promise };
  }

  /**
   * `say` for words that nobody waits for: a prompt, a warning, an apology, a greeting after all. Not said at all while
   * somebody else has the caller.
   */
  saySoon(text: string, source: SpeechSource): void {
    if (this.#isOff()) return;
    background(this.#parts.log, 'saying a phrase', this.say(text, source));
  }
}
