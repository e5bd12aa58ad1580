import type { tts } from '@livekit/agents';
import * as deepgram from '@livekit/agents-plugin-deepgram';
import * as elevenlabs from '@livekit/agents-plugin-elevenlabs';
import * as openai from '@livekit/agents-plugin-openai';
import type { VoiceSettings } from '../../core/agents/definition.ts';
import { isLocal, localProvider } from '../../platform/local-speech.ts';
import type { Env } from '../../platform/settings.ts';
import { payeeAt, type VoiceChoice } from './choices.ts';
import { gatewayUrl, localKey } from './gateway.ts';

/** What the output track runs at: speech that comes at this rate is never resampled in JavaScript. */
export const voiceSampleRate = 24_000;

/** Who is paid for speaking. The model is the plugin's. */
export function ttsPaid(env: Env, { provider }: VoiceChoice): { to: string } {
  if (isLocal(env, 'tts', provider)) return { to: localProvider };
  const given = { openai: env.OPENAI_BASE_URL, deepgram: env.DEEPGRAM_BASE_URL }[provider];
  return { to: payeeAt(provider === 'elevenlabs' ? env.ELEVEN_BASE_URL : given, provider) };
}

/** Text to speech: the chosen provider, at the vendor when there is a key, else at the speech gateway. */
export function makeTts(
  env: Env,
  choice: VoiceChoice,
  { language, settings }: { readonly language: string; readonly settings: VoiceSettings },
): tts.TTS {
  const { provider } = choice;
  if (provider === 'openai') return openaiTts(env, choice, settings);
  // The gateway speaks for every vendor through the ElevenLabs protocol: it times the words.
  if (isLocal(env, 'tts', provider)) return localTts(env, choice, language, settings);
  return provider === 'deepgram' ? deepgramTts(env, choice) : elevenLabsTts(env, choice, settings);
}

// The plugin takes every pcm_<rate>; its type lists only some.
const encoding = `pcm_${voiceSampleRate}` as 'pcm_22050';

/** What is left open is the vendor's default; the plugin wants both of the first two or nothing. */
function elevenLabsSettings({ speed, stability, similarityBoost, style }: VoiceSettings) {
  if (speed === 1 && stability === null && similarityBoost === null && style === null) return {};
  const voiceSettings = {
    stability: stability ?? 0.5,
    similarity_boost: similarityBoost ?? 0.75,
    ...(style === null ? {} : { style }),
    speed,
  };
  return { voiceSettings };
}

function localTts(
  env: Env,
  { model, voice }: VoiceChoice,
  language: string,
  settings: VoiceSettings,
): tts.TTS {
  return new elevenlabs.TTS({
    apiKey: localKey,
    baseURL: `${gatewayUrl(env)}/v1`,
    encoding,
    voiceId: voice,
    ...(model === 'default' ? {} : { model }),
    language,
    ...elevenLabsSettings(settings),
  });
}

function elevenLabsTts(env: Env, { model, voice }: VoiceChoice, settings: VoiceSettings): tts.TTS {
  return new elevenlabs.TTS({
    apiKey: env.ELEVEN_API_KEY ?? localKey,
    baseURL: env.ELEVEN_BASE_URL ?? 'https://api.elevenlabs.io/v1',
    encoding,
    ...(voice === 'default' ? {} : { voiceId: voice }),
    ...(model === 'default' ? {} : { model }),
    ...elevenLabsSettings(settings),
  });
}

function deepgramTts(env: Env, { model, voice }: VoiceChoice): tts.TTS {
  const named = [model, voice].find((name) => name.startsWith('aura'));
  return new deepgram.TTS({
    apiKey: env.DEEPGRAM_API_KEY ?? localKey,
    model: named ?? 'aura-2-andromeda-en',
    encoding: 'linear16',
    sampleRate: voiceSampleRate,
    ...(env.DEEPGRAM_BASE_URL ? { baseUrl: env.DEEPGRAM_BASE_URL.replace(/^ws/, 'http') } : {}),
  });
}

function openaiTts(env: Env, { model, voice }: VoiceChoice, { speed }: VoiceSettings): tts.TTS {
  const key = env.OPENAI_API_KEY;
  const baseURL = key === undefined ? `${gatewayUrl(env)}/v1` : env.OPENAI_BASE_URL;
  return new openai.TTS({
    apiKey: key ?? localKey,
    ...(baseURL ? { baseURL } : {}),
    model: /^(tts|gpt)-/.test(model) ? model : 'tts-1',
    voice: (voice === 'default' ? 'alloy' : voice) as 'alloy',
    speed,
  });
}

/**
 * Opens the synthesiser's socket while the greeting is being heard; the fixed phrases come from a cache, so the first
 * reply of a call would have to wait for it.
 */
export async function connectAhead(speaker: tts.TTS): Promise<void> {
  if (speaker instanceof elevenlabs.TTS) await speaker.currentConnection();
}
