import type { Env } from './settings.ts';

/** The local speech gateway by its own name, whatever keys there are. */
export const localProvider = 'local';

type SpeechEnv = Pick<
  Env,
  ('OPENAI_API_KEY' | 'DEEPGRAM_API_KEY' | 'DEEPGRAM_BASE_URL') | ('ELEVEN_API_KEY' | 'ELEVEN_BASE_URL')
>;

/** Whether a name leads to the speech gateway: by itself, or because no key of the vendor is here. */
export function isLocal(env: SpeechEnv, stage: 'stt' | 'tts', provider: string): boolean {
  if (provider === localProvider) return true;
  if (provider === 'openai') return env.OPENAI_API_KEY === undefined;
  if (provider === 'deepgram')
    return env.DEEPGRAM_API_KEY === undefined && (stage === 'tts' || env.DEEPGRAM_BASE_URL === undefined);
  return stage === 'tts' && env.ELEVEN_API_KEY === undefined && env.ELEVEN_BASE_URL === undefined;
}
