import { z } from 'zod';
import { defaultModelOf, providersOf, type Stage } from '../../../core/agents/providers.ts';

type Kind = 'LLM' | 'STT' | 'TTS';
const stageOf = (kind: Kind): Stage => ({ LLM: 'llm', STT: 'stt', TTS: 'tts' })[kind] as Stage;

/** "open ai", "Open-AI" and "openai" are one. */
const normalise = (text: string): string => text.toLowerCase().replaceAll(/[\s_-]/g, '');

export function providerField(kind: Kind) {
  const known = providersOf(stageOf(kind));
  return z
    .string()
    .transform(normalise)
    .refine((name) => known.includes(name), `unknown provider; known here: ${known.join(', ')}`)
    .meta({ type: 'string', enum: kind === 'LLM' ? ['open ai', ...known] : [...known] });
}

export const defaultModel = (kind: Kind, provider: string): string => defaultModelOf(stageOf(kind), provider);

export const wireProvider = (kind: Kind, provider: string): string =>
  kind === 'LLM' && provider === 'openai' ? 'open ai' : provider;
