/**
 * Providers that a worker can speak to, each with the model that an agent gets when it names none. `local` is the
 * speech gateway of this installation, whatever keys there are. Pure.
 */
export const knownProviders = {
  llm: { openai: 'default' },
  stt: { deepgram: 'nova-3', openai: 'whisper-1', local: 'default' },
  tts: {
    elevenlabs: 'eleven_turbo_v2_5',
    openai: 'tts-1',
    deepgram: 'aura-2-andromeda-en',
    local: 'default',
  },
} as const;

export type Stage = keyof typeof knownProviders;

export const providersOf = (stage: Stage): readonly string[] => Object.keys(knownProviders[stage]);

export const defaultModelOf = (stage: Stage, provider: string): string =>
  new Map(Object.entries<string>(knownProviders[stage])).get(provider) ?? 'default';
