import type { Readable } from 'node:stream';
import { GuardedFetchError, type GuardedOptions, guardedStream } from '../../platform/guarded-fetch.ts';
import type { WebhookBrain } from '../agents/definition.ts';
import { headersFor, type Secret } from '../credentials/secret.ts';
import { LanguageModelError } from '../language-model-error.ts';
import type { ChatModel, ModelDelta } from '../ports.ts';
import { messageOnTheWire, readChatDeltas, toolOnTheWire } from './chat-wire.ts';

/** What an agent's owner gets to answer with words of their own; for calls and chats alike. */
export interface WebhookRequest extends Pick<Parameters<ChatModel['stream']>[0], 'messages' | 'tools'> {
  readonly signal?: AbortSignal | undefined;
}

export interface WebhookContext {
  /** Says which call or conversation this is about. */
  readonly headers: Readonly<Record<string, string>>;
  /** host:port entries that may be reached although private. */
  readonly allowHosts: readonly string[];
  /** Null: the workspace has no credential of this name. */
  credential(name: string): Promise<Secret | null>;
  readonly resolve?: GuardedOptions['resolve'];
}

/** More than anybody can say. */
const maxReplyBytes = 2_000_000;

/**
 * The body and headers of a request: an OpenAI-compatible streaming chat completion, signed by the credential. An
 * `hmac` one signs `<seconds>.<body>` in `x-trunkline-signature: t=<seconds>,v1=<hex>`; a receiver refuses old
 * timestamps. Pure.
 */
export function webhookRequest(
  { messages, tools }: WebhookRequest,
  { headers }: Pick<WebhookContext, 'headers'>,
  secret: Secret | null,
  at = Date.now(),
): { readonly body: string; readonly headers: Record<string, string> } {
  const body = JSON.stringify({
    model: 'custom',
    messages: messages.map(messageOnTheWire),
    stream: true,
    ...(tools.length === 0 ? {} : { tools: tools.map(toolOnTheWire) }),
  });
  return {
    body,
    headers: {
      'content-type': 'application/json',
      accept: 'text/event-stream',
      ...headers,
      ...(secret === null ? {} : headersFor(secret, body, at)),
    },
  };
}

/**
 * One reply of a webhook, bit by bit. `timeoutMs` of the brain bounds the time to the first bit and between two.
 * Throws a LanguageModelError whose message is fit for the agent's owner.
 */
export async function* askWebhook(
  { url, credential, timeoutMs }: WebhookBrain,
  request: WebhookRequest,
  context: WebhookContext,
): AsyncGenerator<ModelDelta> {
  const secret = credential === '' ? null : await context.credential(credential);
  if (credential !== '' && secret === null)
    throw new LanguageModelError(`The webhook cannot be asked: the credential "${credential}" is missing.`);
  const silent = new AbortController();
  const timer = setTimeout(() => silent.abort(), timeoutMs);
  const signal = request.signal ? AbortSignal.any([request.signal, silent.signal]) : silent.signal;
  let stream: Readable | undefined;
  try {
    stream = await open(url, webhookRequest(request, context, secret), { context, timeoutMs, signal });
    let bits = 0;
    const deltas = readChatDeltas(stream, {
      maxBytes: maxReplyBytes,
      onBit: () => {
        bits++;
        timer.refresh();
      },
    });
    yield* deltas;
    if (bits === 0) throw new LanguageModelError('The webhook answered without a single message.');
  } catch (error) {
    throw inWords(error, silent.signal.aborted, timeoutMs);
  } finally {
    clearTimeout(timer);
    stream?.destroy();
  }
}

async function open(
  url: string,
  { body, headers }: ReturnType<typeof webhookRequest>,
  { context, timeoutMs, signal }: { context: WebhookContext; timeoutMs: number; signal: AbortSignal },
): Promise<Readable> {
  const { status, stream } = await guardedStream(url, {
    ...{ method: 'POST', headers, body, timeoutMs, signal },
    allow: context.allowHosts,
    ...(context.resolve ? { resolve: context.resolve } : {}),
  });
  if (status >= 200 && status < 300) return stream;
  stream.destroy();
  throw new LanguageModelError(`The webhook answered with status ${status}.`);
}

function inWords(error: unknown, isLate: boolean, timeoutMs: number): unknown {
  if (isLate) return new LanguageModelError(`The webhook was silent for ${timeoutMs} ms.`);
  if (error instanceof GuardedFetchError) return new LanguageModelError(`Webhook: ${error.message}`);
  if (error instanceof LanguageModelError) return error;
  return new LanguageModelError('The answer of the webhook broke off.');
}
