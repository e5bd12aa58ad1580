import { setTimeout as sleep } from 'node:timers/promises';
import {
  GuardedFetchError,
  type GuardedOptions,
  type GuardedResponse,
  guardedFetch,
} from '../../platform/guarded-fetch.ts';
import { newId } from '../../platform/ids.ts';
import type { CustomFunction } from '../agents/definition.ts';
import { headersFor, type Secret } from '../credentials/secret.ts';
import { argumentCheck } from './argument-check.ts';
import { type Tool, ToolError, type ToolOutcome, type ToolUse } from './tool.ts';

export interface FunctionContext {
  /** host:port entries that may be reached although private. */
  readonly allowHosts: readonly string[];
  /** Says on whose behalf a function is called. */
  readonly headers: Readonly<Record<string, string>>;
  /** Null: the workspace has no credential of this name. */
  credential(name: string): Promise<Secret | null>;
  readonly resolve?: GuardedOptions['resolve'];
}

const retryAfterMs = 200;

/** A function of the agent's owner, over HTTP: arguments as the JSON body, or as the query of a GET or DELETE. */
export function customFunctionTool(definition: CustomFunction, context: FunctionContext): Tool {
  const { name, description, parameters, waitTexts, waitAfterMs, interruptible } = definition;
  const check = argumentCheck(parameters);
  return {
    ...{ name, description, parameters, interruptible },
    ...(waitTexts.length > 0 ? { waiting: { texts: waitTexts, afterMs: waitAfterMs } } : {}),
    run: async (args, use) => {
      check(args);
      return callWithRetries(definition, context, args, use);
    },
  };
}

async function callWithRetries(
  definition: CustomFunction,
  context: FunctionContext,
  args: Record<string, unknown>,
  use: ToolUse,
): Promise<ToolOutcome> {
  const { credential, method } = definition;
  const secret = credential === '' ? null : await context.credential(credential);
  if (credential !== '' && secret === null)
    throw new ToolError('This function cannot be used now: its credential is missing.');
  // Ids of models are not unique: some begin anew with every reply.
  const key = newId();
  const retries = definition.retries ?? (isRepeatable(method) ? 1 : 0);
  for (let attempt = 1; ; attempt++) {
    const outcome = await callOnce(definition, context, secret, args, { key, signal: use.signal });
    const facts = {
      ...('status' in outcome ? { status: outcome.status } : {}),
      ...(attempt > 1 ? { attempts: attempt } : {}),
    };
    if ('result' in outcome) return { result: outcome.result, ...facts };
    if (attempt > retries || !outcome.mayPass || use.signal?.aborted)
      throw new ToolError(outcome.problem, facts);
    await sleep(retryAfterMs * attempt, undefined, use.signal ? { signal: use.signal } : {}).catch(
      () => undefined,
    );
  }
}

const isRepeatable = (method: CustomFunction['method']): boolean => method !== 'POST' && method !== 'PATCH';

type Attempt =
  | { readonly result: unknown; readonly status: number }
  | { readonly problem: string; readonly mayPass: boolean; readonly status?: number };

async function callOnce(
  definition: CustomFunction,
  context: FunctionContext,
  secret: Secret | null,
  args: Record<string, unknown>,
  { key, signal }: { readonly key: string; readonly signal: AbortSignal | undefined },
): Promise<Attempt> {
  const { method, headers, timeoutMs, maxResultBytes } = definition;
  const inQuery = method === 'GET' || method === 'DELETE';
  const url = inQuery ? withQuery(definition.url, args) : new URL(definition.url);
  const body = inQuery ? undefined : JSON.stringify(args);
  try {
    const response = await guardedFetch(url.href, {
      method,
      headers: {
        accept: 'application/json, text/*',
        ...lowerCased(headers),
        ...context.headers,
        // One use of a tool keeps its key over all attempts, so that a server can tell a repetition from a wish.
        'idempotency-key': key,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(secret === null ? {} : headersFor(secret, body ?? url.pathname + url.search)),
      },
      ...(body === undefined ? {} : { body }),
      timeoutMs,
      maxBytes: maxResultBytes,
      allow: context.allowHosts,
      ...(context.resolve ? { resolve: context.resolve } : {}),
      ...(signal ? { signal } : {}),
    });
    return answerOf(response, maxResultBytes);
  } catch (error) {
    if (error instanceof GuardedFetchError)
      return { problem: error.message, mayPass: error.kind === 'unreachable' };
    throw error;
  }
}

function answerOf({ status, body, truncated }: GuardedResponse, maxBytes: number): Attempt {
  const text = body.toString('utf8');
  if (status >= 200 && status < 300)
    return { status, result: truncated ? `${text}\n[cut after ${maxBytes} bytes]` : parsed(text) };
  return {
    status,
    problem: `The function answered with status ${status}: ${text.slice(0, 500)}`,
    mayPass: status === 429 || status >= 500,
  };
}

/** What the configured address says is its owner's word: no argument of the same name takes its place. */
function withQuery(url: string, args: Record<string, unknown>): URL {
  const target = new URL(url);
  const fixed = new Set(target.searchParams.keys());
  for (const [name, value] of Object.entries(args))
    if (!fixed.has(name))
      target.searchParams.set(name, typeof value === 'string' ? value : JSON.stringify(value));
  return target;
}

const lowerCased = (headers: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));

function parsed(text: string): unknown {
  if (text.trim() === '') return 'done';
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
