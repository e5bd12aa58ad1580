import type { voice } from '@livekit/agents';
import type { AudioFrame } from '@livekit/rtc-node';
import type { WebhookContext } from '../../core/brains/webhook.ts';
import { allowedHosts } from '../../platform/config.ts';
import type { ProviderFault, ProviderHooks } from '../providers/index.ts';
import { Credentials } from './credentials.ts';
import { framesOf } from './frames.ts';
import type { CallParts } from './parts.ts';
import type { PhraseName } from './phrases.ts';
import type { Speech } from './speech.ts';

/** A caller who was told to wait or asked to say it again is not told again at once. */
const patienceMs = 6_000;
/** Speech shorter than this may have been a cough. */
const coughMs = 600;
/** So many replies in a row may fail. */
const failedReplies = 2;
/** A webhook has a text of its own for it. */
const failedWebhookReplies = 3;

/**
 * What goes wrong with the providers in mid-call, and what is done about it. The fallbacks themselves are in
 * worker/providers.
 */
export class Faults implements ProviderHooks {
  readonly #parts: CallParts;
  readonly #speech: Speech;
  /** The caller talks with somebody beside the agent, which then may say nothing. */
  readonly mayBeSilent: () => boolean;
  #session: voice.AgentSession | undefined;
  #modelFailures = 0;
  #toldAt = 0;

  constructor(parts: CallParts, speech: Speech, mayBeSilent: () => boolean) {
    this.#parts = parts;
    this.#speech = speech;
    this.mayBeSilent = mayBeSilent;
  }

  attach(session: voice.AgentSession): void {
    this.#session = session;
  }

  get restartText(): string {
    return this.#speech.phrase('restart');
  }

  get webhook(): WebhookContext {
    const { plan, host } = this.#parts;
    const credentials = new Credentials(plan, host.config);
    return {
      headers: { 'x-trunkline-call': plan.callId },
      allowHosts: allowedHosts(host.config),
      credential: (name) => credentials.get(name),
    };
  }

  readonly filler = (): Iterable<AudioFrame> => {
    const samples = this.#speech.kept('moment');
    return samples ? framesOf(samples) : [];
  };

  readonly onFault = (fault: ProviderFault): void => {
    const { outcome, events, log } = this.#parts;
    const { source, provider, message, recoverable } = fault;
    if (outcome.ending) return;
    events.emit({ type: 'error', source, provider, message, recoverable });
    log.warn({ ...fault }, 'a provider failed');
  };

  readonly onSwitch: ProviderHooks['onSwitch'] = (change) => {
    const { outcome, events, log } = this.#parts;
    if (outcome.ending) return;
    events.emit({ type: 'provider.switched', ...change });
    log.warn({ ...change }, 'another provider goes on');
  };

  /** Without ears or a voice there is no call; a reply that fails may be asked for once more. */
  readonly onExhausted: ProviderHooks['onExhausted'] = (source, last) => {
    const { outcome } = this.#parts;
    if (outcome.ending) return;
    this.onFault({ ...last, recoverable: false });
    const isWebhook = this.#parts.plan.definition.brain.kind === 'webhook';
    const mayFail = isWebhook ? failedWebhookReplies : failedReplies;
    if (source === 'llm' && (isWebhook || !last.refused) && ++this.#modelFailures < mayFail) return;
    outcome.finish('provider_failed', `${last.provider}: ${last.message}`, 'failed');
  };

  /** The caller has spoken and is being listened to once more. */
  readonly onDeaf = (speechMs: number): void => this.#tell('moment', speechMs);

  readonly onLost = (speechMs: number): void => this.#tell('again', speechMs);

  /** The model was asked and nothing comes, not even an error. */
  onStall(): void {
    const { provider } = this.#parts.plan.definition.llm;
    const message = 'The language model stopped answering.';
    this.onExhausted('llm', { source: 'llm', provider, message, recoverable: false, refused: false });
  }

  onAnswer(): void {
    this.#modelFailures = 0;
  }

  #tell(name: PhraseName, speechMs: number): void {
    // It was hardly the agent who was spoken to.
    if (this.mayBeSilent()) return;
    if (this.#parts.outcome.ending || speechMs < coughMs || this.#session?.agentState !== 'listening') return;
    if (name === 'moment' && Date.now() - this.#toldAt < patienceMs) return;
    this.#toldAt = Date.now();
    this.#speech.saySoon(this.#speech.phrase(name), 'apology');
  }
}
