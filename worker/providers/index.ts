import type { AudioFrame } from '@livekit/rtc-node';
import type { AgentDefinition } from '../../core/agents/definition.ts';
import type { WebhookContext } from '../../core/brains/webhook.ts';
import type { Env } from '../../platform/settings.ts';
import { choicesOf, labelOf } from './choices.ts';
import { Chain, type ChainHooks, type Member } from './fallback/chain.ts';
import { FallbackLlm } from './fallback/llm.ts';
import { FallbackStt } from './fallback/stt.ts';
import type { ListeningHooks } from './fallback/stt-listening.ts';
import { FallbackTts } from './fallback/tts.ts';
import type { ProviderWarning } from './fault.ts';
import { llmMember } from './llm.ts';
import { watchRefusedSockets } from './refusals.ts';
import type { ProviderSet } from './set.ts';
import { makeStt, sttPaid } from './stt.ts';
import { makeTts, ttsPaid, voiceSampleRate } from './tts.ts';
import { webhookMember, webhookTiming } from './webhook-llm.ts';

export type { ChainHooks } from './fallback/chain.ts';
export type { ProviderFault, ProviderWarning } from './fault.ts';
export type { ProviderSet } from './set.ts';

export interface ProviderHooks extends ChainHooks, ListeningHooks {
  /** Rendered words for a caller whom the voice keeps waiting; empty when there are none. */
  readonly filler: () => Iterable<AudioFrame>;
  /** Said when a reply broke off and begins anew. */
  readonly restartText: string;
  /** The model may rightly say nothing: others talk with each other. Left out: it always has to answer. */
  readonly mayBeSilent?: () => boolean;
  /** For an agent whose words come from a server of its owner. */
  readonly webhook: WebhookContext;
}

/**
 * The plugins of one call, each stage with its fallbacks. Rejects when there is nobody to listen or to speak at all.
 */
export async function makeProviders(
  env: Env,
  definition: AgentDefinition,
  hooks: ProviderHooks,
): Promise<ProviderSet> {
  watchRefusedSockets();
  const warnings: ProviderWarning[] = [];
  const { language } = definition;
  const { settings } = definition.tts;
  const choices = choicesOf(env, definition);
  const stt = new Chain(
    'stt',
    some(
      choices.stt.map((choice) => ({
        provider: choice.provider,
        label: labelOf(choice),
        paid: sttPaid(env, choice),
        make: () => makeStt(env, choice, language),
      })),
    ),
    hooks,
  );
  const tts = new Chain(
    'tts',
    some(
      choices.tts.map((choice) => ({
        provider: choice.provider,
        label: `${labelOf(choice)}/${choice.voice}`,
        paid: ttsPaid(env, choice),
        make: () => makeTts(env, choice, { language, settings }),
      })),
    ),
    hooks,
  );
  const models =
    definition.brain.kind === 'webhook'
      ? [webhookMember(definition.brain, hooks.webhook)]
      : await Promise.all(
          choices.llm.map((choice) =>
            llmMember(env, choice, definition.llm, (warning) => {
              warnings.push(warning);
            }),
          ),
        );
  const brain = new FallbackLlm(new Chain('llm', some(models), hooks), {
    restartText: hooks.restartText,
    mayBeSilent: hooks.mayBeSilent,
    ...(definition.brain.kind === 'webhook' ? { timing: webhookTiming(definition.brain) } : {}),
  });
  const speaker = new FallbackTts(tts, { sampleRate: voiceSampleRate, filler: hooks.filler });
  const listener = new FallbackStt(stt, hooks);
  for (const plugin of [speaker, listener]) plugin.on('error', () => undefined);
  brain.on('error', () => undefined);
  return {
    stt: listener,
    llm: brain,
    tts: speaker,
    voiceKey: () => [speaker.voice, language, JSON.stringify(settings)].join('|'),
    warnings,
    renewStt: () => {
      const other = new FallbackStt(stt, { onDeaf: () => undefined, onLost: () => undefined });
      other.on('error', () => undefined);
      return other;
    },
    close: async () => {
      await Promise.allSettled([listener.close(), speaker.close(), brain.aclose()]);
    },
  };
}

function some<P>(members: readonly Member<P>[]): readonly [Member<P>, ...Member<P>[]] {
  const [first, ...others] = members;
  if (!first) throw new Error('A stage has no provider.');
  return [first, ...others];
}
