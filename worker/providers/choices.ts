import type { AgentDefinition } from '../../core/agents/definition.ts';
import { isEnglish } from '../../platform/is-english.ts';
import { isLoopback } from '../../platform/is-loopback.ts';
import { isLocal, localProvider } from '../../platform/local-speech.ts';
import type { Env } from '../../platform/settings.ts';

/** One provider that could do the work of a stage. */
export interface Choice {
  readonly provider: string;
  readonly model: string;
}
export interface VoiceChoice extends Choice {
  readonly voice: string;
}

/**
 * Who may recognise and speak, in order: the definition's provider, its fallbacks, and after vendors the speech gateway
 * of this installation when there is one. A call then goes on with another voice rather than not at all. The gateway is
 * never added for the language model: a scripted stranger in the middle of a conversation is worse than an apology.
 * Pure.
 */
export function choicesOf(
  env: Env,
  { llm, stt, tts, language }: AgentDefinition,
): { readonly llm: Choice[]; readonly stt: Choice[]; readonly tts: VoiceChoice[] } {
  const choices = {
    llm: [llm, ...llm.fallbacks],
    stt: [stt, ...stt.fallbacks],
    tts: [tts, ...tts.fallbacks],
  };
  const addsLocal = (stage: 'stt' | 'tts') =>
    env.SPEECH_URL !== undefined &&
    isEnglish(language) &&
    !choices[stage].some(({ provider }) => isLocal(env, stage, provider));
  return {
    llm: choices.llm,
    stt: addsLocal('stt') ? [...choices.stt, { provider: localProvider, model: 'default' }] : choices.stt,
    tts: addsLocal('tts')
      ? [...choices.tts, { provider: localProvider, model: 'default', voice: 'default' }]
      : choices.tts,
  };
}

/**
 * Who is paid at a vendor's service (undefined: its own address), or at a server that stands in for it: `local` on this
 * machine, else its host, whose prices nobody here knows.
 */
export function payeeAt(url: string | undefined, vendor: string): string {
  if (url === undefined) return vendor;
  const hostname = URL.canParse(url) ? new URL(url).hostname : url;
  if (ownHosts[vendor]?.test(hostname)) return vendor;
  return isLoopback(hostname) ? localProvider : hostname;
}

const ownHosts: Readonly<Record<string, RegExp>> = {
  openai: /(^|\.)openai\.com$/,
  deepgram: /(^|\.)deepgram\.com$/,
  elevenlabs: /(^|\.)elevenlabs\.io$/,
};

export const labelOf = ({ provider, model }: Choice): string => `${provider}/${model}`;
