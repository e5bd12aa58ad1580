import type { stt } from '@livekit/agents';
import * as deepgram from '@livekit/agents-plugin-deepgram';
import * as openai from '@livekit/agents-plugin-openai';
import { isLocal, localProvider } from '../../platform/local-speech.ts';
import type { Env } from '../../platform/settings.ts';
import { type Choice, payeeAt } from './choices.ts';
import { gatewayUrl, localKey, webSocketUrl } from './gateway.ts';
import { GatewayStt } from './gateway-stt.ts';

/** Who is paid for recognising, and for which model. */
export function sttPaid(env: Env, { provider, model }: Choice): { to: string; model: string } {
  const isOpenai = provider === 'openai';
  const given = isOpenai ? env.OPENAI_BASE_URL : env.DEEPGRAM_BASE_URL;
  return {
    to: isLocal(env, 'stt', provider) ? localProvider : payeeAt(given, provider),
    model: model === 'default' && isOpenai ? 'whisper-1' : modelName(model),
  };
}

/** Speech to text: the chosen provider, at the vendor when there is a key, else at the speech gateway. */
export function makeStt(env: Env, { provider, model }: Choice, language: string): stt.STT {
  if (provider === 'openai') return openaiStt(env, model, language);
  if (isLocal(env, 'stt', provider))
    return new GatewayStt({
      baseUrl: webSocketUrl(gatewayUrl(env)),
      model: modelName(model),
      ...{ language, endpointingMs: gatewayEndpointingMs },
    });
  const baseUrl = env.DEEPGRAM_BASE_URL ?? 'wss://api.deepgram.com';
  return deepgramStt(baseUrl, env.DEEPGRAM_API_KEY ?? localKey, model, language);
}

const gatewayEndpointingMs = 160;
/** Of what the recogniser hears; a pause begins with 100 ms of silence that was never there (stt-ear.ts). */
const deepgramEndpointingMs = 260;

const modelName = (model: string) => (model === 'default' ? 'nova-3' : model);

function deepgramStt(baseUrl: string, apiKey: string, model: string, language: string): stt.STT {
  return new deepgram.STT({
    apiKey,
    baseUrl,
    model: modelName(model),
    language,
    // Sentences, not commands: without it numbers and names come as a run of words.
    punctuate: true,
    smartFormat: true,
    interimResults: true,
    endpointing: deepgramEndpointingMs,
  });
}

/** One request per utterance. The plugin's real-time mode goes deaf without an error when its socket closes. */
function openaiStt(env: Env, model: string, language: string): stt.STT {
  const key = env.OPENAI_API_KEY;
  return new openai.STT({
    apiKey: key ?? localKey,
    ...(key === undefined ? { baseURL: `${gatewayUrl(env)}/v1` } : {}),
    ...(key !== undefined && env.OPENAI_BASE_URL ? { baseURL: env.OPENAI_BASE_URL } : {}),
    model: model === 'default' ? 'whisper-1' : model,
    language: language.split('-')[0] ?? 'en',
    useRealtime: false,
  });
}
