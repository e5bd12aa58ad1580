import { messageOnTheWire, readChatDeltas, toolOnTheWire } from '../core/brains/chat-wire.ts';
import { LanguageModelError } from '../core/language-model-error.ts';
import type { ChatModel, ModelDelta } from '../core/ports.ts';
import type { Env } from '../platform/settings.ts';
import { type ModelServer, modelServer, Passing, sendRequest, wordsOf } from './chat-completions.ts';

type StreamEnv = Partial<Pick<Env, 'OPENAI_API_KEY' | 'OPENAI_BASE_URL' | 'OPENAI_MODEL' | 'SPEECH_URL'>>;
type Request = Parameters<ChatModel['stream']>[0];

const maxReplyBytes = 2_000_000;

/**
 * core/ports.ts `ChatModel` on the OpenAI chat protocol; where no real model is configured, the scripted one answers.
 */
export function chatStream(env: StreamEnv): ChatModel {
  const server = modelServer(env);
  return {
    stream: (request) => stream(server ?? scripted(env), request),
  };
}

/** The local gateway's scripted model (speech/), which needs neither key nor network. */
function scripted({ SPEECH_URL: url }: StreamEnv): ModelServer {
  if (!url) throw new LanguageModelError('No language model is configured, and SPEECH_URL is not set.');
  return {
    baseUrl: `${url.replace(/\/+$/, '')}/v1`,
    headers: { 'content-type': 'application/json' },
    modelFor: async (wanted) => (wanted.startsWith('scripted/') ? wanted : 'scripted/assistant'),
    maxTokensName: 'max_tokens',
  };
}

async function* stream(server: ModelServer, request: Request): AsyncGenerator<ModelDelta> {
  const { timeoutMs, signal } = request;
  const stalled = new AbortController();
  const abort = signal ? AbortSignal.any([signal, stalled.signal]) : stalled.signal;
  // Started anew with every bit: a model may talk as long as it talks.
  const timer = setTimeout(() => stalled.abort(), timeoutMs);
  try {
    const model = await server.modelFor(request.model, abort);
    const response = await open(server, bodyOf(server, model, request), abort);
    const bytes = response.body ?? [];
    yield* readChatDeltas(bytes, { maxBytes: maxReplyBytes, onBit: () => timer.refresh() });
  } catch (error) {
    throw wordsOf(error, stalled.signal, timeoutMs);
  } finally {
    clearTimeout(timer);
    stalled.abort();
  }
}

/** A request that fails before its first bit is sent once more. */
async function open(server: ModelServer, body: object, signal: AbortSignal): Promise<Response> {
  const url = `${server.baseUrl}/chat/completions`;
  const send = () => sendRequest(url, server.headers, body, signal);
  return send().catch((error: unknown) => {
    if (!(error instanceof Passing) || signal.aborted) throw error;
    return send();
  });
}

function bodyOf(server: ModelServer, model: string, request: Request): object {
  const { messages, tools, temperature, maxTokens } = request;
  return {
    model,
    messages: messages.map(messageOnTheWire),
    stream: true,
    [server.maxTokensName]: maxTokens,
    ...(/^(o\d|gpt-5)/.test(model) ? {} : { temperature }),
    // Some servers refuse an empty list.
    ...(tools.length === 0 ? {} : { tools: tools.map(toolOnTheWire) }),
  };
}
