import { z } from 'zod';
import { LanguageModelError } from '../core/language-model-error.ts';
import type { Completion, LanguageModel } from '../core/ports.ts';
import { retry } from '../platform/retry.ts';
import type { Env } from '../platform/settings.ts';

type ModelEnv = Partial<Pick<Env, 'OPENAI_API_KEY' | 'OPENAI_BASE_URL' | 'OPENAI_MODEL'>>;
type Request = Parameters<LanguageModel['complete']>[0];

const maxAnswerBytes = 1_000_000;

/** An OpenAI-compatible server, and which of its models stands for a name. */
export interface ModelServer {
  readonly baseUrl: string;
  readonly headers: Readonly<Record<string, string>>;
  /** `default` and `scripted/…` stand for the configured model. */
  modelFor(wanted: string, signal: AbortSignal): Promise<string>;
  /** OpenAI's newer models know only one name of the limit, other servers mostly only the other. */
  readonly maxTokensName: 'max_tokens' | 'max_completion_tokens';
}

/** Null where no real model is configured. */
export function modelServer(env: ModelEnv): ModelServer | null {
  if (!env.OPENAI_API_KEY && !env.OPENAI_BASE_URL) return null;
  const baseUrl = (env.OPENAI_BASE_URL ?? 'https://api.openai.com/v1').replace(/\/+$/, '');
  const headers = {
    'content-type': 'application/json',
    ...(env.OPENAI_API_KEY ? { authorization: `Bearer ${env.OPENAI_API_KEY}` } : {}),
  };
  return {
    ...{ baseUrl, headers },
    modelFor: async (wanted, signal) =>
      wanted === 'default' || wanted.startsWith('scripted/')
        ? (env.OPENAI_MODEL ?? (await defaultModel(env, baseUrl, headers, signal)))
        : wanted,
    maxTokensName: env.OPENAI_BASE_URL ? 'max_tokens' : 'max_completion_tokens',
  };
}

/** core/ports.ts `LanguageModel` on the OpenAI chat protocol; null where no real model is configured. */
export function chatCompletions(env: ModelEnv): LanguageModel | null {
  const server = modelServer(env);
  if (server === null) return null;
  return {
    complete: async (request) => {
      const signal = AbortSignal.timeout(request.timeoutMs);
      try {
        const model = await server.modelFor('default', signal);
        const body = bodyOf(request, model, server);
        return await retry(() => post(`${server.baseUrl}/chat/completions`, server.headers, body, signal), {
          attempts: 2,
          baseMs: 500,
          signal,
          retryIf: (error) => error instanceof Passing,
        });
      } catch (error) {
        throw wordsOf(error, signal, request.timeoutMs);
      }
    },
  };
}

/** Worth a second try: too many requests, a fault of the server, a broken connection. */
export class Passing extends LanguageModelError {}

function bodyOf(
  { messages, maxTokens }: Request,
  model: string,
  server: ModelServer,
): Record<string, unknown> {
  return {
    model,
    messages,
    response_format: { type: 'json_object' },
    [server.maxTokensName]: maxTokens,
    ...(/^(o\d|gpt-5)/.test(model) ? {} : { temperature: 0 }),
  };
}

const modelList = z.object({ data: z.array(z.object({ id: z.string() })).min(1) });

async function defaultModel(
  env: ModelEnv,
  baseUrl: string,
  headers: Record<string, string>,
  signal: AbortSignal,
): Promise<string> {
  if (!env.OPENAI_BASE_URL) return 'gpt-4.1-mini';
  const response = await fetch(`${baseUrl}/models`, { headers, signal });
  const listed = modelList.safeParse(await response.json().catch(() => null));
  if (!listed.success)
    throw new LanguageModelError('The language model server lists no models; set OPENAI_MODEL.');
  return listed.data.data[0]?.id ?? '';
}

const answerSchema = z.object({
  model: z.string().optional(),
  choices: z
    .array(
      z.object({
        finish_reason: z.string().nullish(),
        message: z.object({ content: z.string().nullish(), refusal: z.string().nullish() }),
      }),
    )
    .min(1),
  usage: z.object({ prompt_tokens: z.number(), completion_tokens: z.number() }).partial().nullish(),
});

/** One request; an answer of another status is a LanguageModelError with the server's words. */
export async function sendRequest(
  url: string,
  headers: Readonly<Record<string, string>>,
  body: object,
  signal: AbortSignal,
): Promise<Response> {
  const sent = fetch(url, { method: 'POST', headers, body: JSON.stringify(body), signal });
  const response = await sent.catch((cause: unknown) => {
    throw new Passing('The language model could not be reached.', { cause });
  });
  if (response.ok) return response;
  const message = `The language model answered ${response.status}${reasonIn(await readText(response))}.`;
  throw response.status === 429 || response.status >= 500
    ? new Passing(message)
    : new LanguageModelError(message);
}

async function post(
  url: string,
  headers: Readonly<Record<string, string>>,
  body: Record<string, unknown>,
  signal: AbortSignal,
): Promise<Completion> {
  const text = await readText(await sendRequest(url, headers, body, signal));
  const answer = answerSchema.safeParse(parseJson(text));
  if (!answer.success)
    throw new LanguageModelError('The language model answered something that is no chat completion.');
  const [choice] = answer.data.choices;
  const { content, refusal } = choice?.message ?? {};
  if (refusal) throw new LanguageModelError(`The language model refused: ${refusal.slice(0, 300)}`);
  if (choice?.finish_reason === 'content_filter')
    throw new LanguageModelError('The language model refused: its content filter stepped in.');
  if (!content) throw new LanguageModelError('The language model answered nothing.');
  const { model, usage } = answer.data;
  return {
    text: content,
    model: model ?? String(body.model),
    promptTokens: usage?.prompt_tokens ?? 0,
    completionTokens: usage?.completion_tokens ?? 0,
  };
}

async function readText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength;
    if (size > maxAnswerBytes) throw new LanguageModelError('The answer of the language model is too large.');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

const errorBody = z.object({ error: z.object({ message: z.string() }) });

function reasonIn(text: string): string {
  const parsed = errorBody.safeParse(parseJson(text));
  return parsed.success ? `: ${parsed.data.error.message.slice(0, 300).replace(/\.$/, '')}` : '';
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** @param signal aborted when the time was up */
export function wordsOf(error: unknown, signal: AbortSignal, timeoutMs: number): LanguageModelError {
  if (signal.aborted)
    return new LanguageModelError(`The language model did not answer within ${timeoutMs} ms.`, {
      cause: error,
    });
  if (error instanceof LanguageModelError) return error;
  return new LanguageModelError('The language model could not be reached.', { cause: error });
}
