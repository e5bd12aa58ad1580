import type { llm } from '@livekit/agents';
import { z } from 'zod';
import type { AgentDefinition } from '../../core/agents/definition.ts';
import { localProvider } from '../../platform/local-speech.ts';
import type { Env } from '../../platform/settings.ts';
import { type Choice, labelOf, payeeAt } from './choices.ts';
import type { Member } from './fallback/chain.ts';
import type { ProviderWarning } from './fault.ts';
import { gatewayUrl, localKey } from './gateway.ts';
import { openAiLlm } from './openai-llm.ts';

const listTimeoutMs = 2_000;
const listTtlMs = 60_000;
const lists = new Map<string, { readonly at: number; readonly models: Promise<string[]> }>();

interface Endpoint {
  readonly baseUrl: string | undefined;
  readonly apiKey: string;
  readonly model: string;
}

/** How to get a language model: any OpenAI-compatible server, else the gateway's scripted model. */
export async function llmMember(
  env: Env,
  choice: Choice,
  { temperature, maxTokens }: Pick<AgentDefinition['llm'], 'temperature' | 'maxTokens'>,
  warn: (warning: ProviderWarning) => void,
): Promise<Member<llm.LLM>> {
  const { baseUrl, apiKey, model } = await resolveEndpoint(env, choice.model, warn);
  const options = {
    ...{ model, apiKey, maxCompletionTokens: maxTokens },
    ...(baseUrl ? { baseURL: baseUrl } : {}),
    // The plugin drops a temperature of 0 (a truthiness test); reasoning models refuse any.
    ...(/^(o\d|gpt-5)/.test(model) ? {} : { temperature: Math.max(temperature, 0.01) }),
  };
  const isGateway = !env.OPENAI_API_KEY && !env.OPENAI_BASE_URL;
  return {
    provider: choice.provider,
    label: labelOf({ provider: choice.provider, model }),
    paid: { to: isGateway ? localProvider : payeeAt(baseUrl, 'openai'), model },
    make: (onWriting = () => undefined) => openAiLlm(options, onWriting),
  };
}

/** Which server and which of its models stands for the name in a definition. */
export async function resolveEndpoint(
  env: Env,
  wanted: string,
  warn: (warning: ProviderWarning) => void,
): Promise<Endpoint> {
  const open = wanted === 'default' || wanted.startsWith('scripted/');
  const apiKey = env.OPENAI_API_KEY ?? localKey;
  if (!env.OPENAI_API_KEY && !env.OPENAI_BASE_URL) {
    if (!open)
      warn({
        source: 'llm',
        provider: 'openai',
        message: `No language model is configured for "${wanted}"; the scripted model answers.`,
      });
    const model = wanted.startsWith('scripted/') ? wanted : 'scripted/assistant';
    return { baseUrl: `${gatewayUrl(env)}/v1`, apiKey: localKey, model };
  }
  if (!env.OPENAI_BASE_URL)
    return { baseUrl: undefined, apiKey, model: open ? (env.OPENAI_MODEL ?? 'gpt-4.1-mini') : wanted };
  const baseUrl = env.OPENAI_BASE_URL.replace(/\/+$/, '');
  if (open && env.OPENAI_MODEL) return { baseUrl, apiKey, model: env.OPENAI_MODEL };
  const listed = await listModels(baseUrl, apiKey);
  if (!open && (listed.length === 0 || listed.includes(wanted))) return { baseUrl, apiKey, model: wanted };
  const model = env.OPENAI_MODEL ?? listed[0] ?? wanted;
  if (!open)
    warn({
      source: 'llm',
      provider: 'openai',
      message: `The server does not list the model "${wanted}"; "${model}" answers.`,
    });
  return { baseUrl, apiKey, model };
}

const modelList = z.object({ data: z.array(z.object({ id: z.string() })) });

/** Model names of a server; empty when it does not tell. Remembered for a minute. */
async function listModels(baseUrl: string, apiKey: string): Promise<string[]> {
  const known = lists.get(baseUrl);
  if (known && Date.now() - known.at < listTtlMs) return await known.models;
  const models = fetch(`${baseUrl}/models`, {
    headers: { authorization: `Bearer ${apiKey}` },
    signal: AbortSignal.timeout(listTimeoutMs),
  })
    .then(async (response) => modelList.parse(await response.json()).data.map(({ id }) => id))
    .catch(() => []);
  lists.set(baseUrl, { at: Date.now(), models });
  return await models;
}
