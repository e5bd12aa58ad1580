import { fileURLToPath } from 'node:url';
import { Redis } from 'ioredis';
import { type App, type AppOptions, buildApp } from '../../control-plane/app.ts';
import { closeServer, listen, openServer } from '../../control-plane/http/listen.ts';
import type { CallNudges } from '../../control-plane/inbound/call-nudges.ts';
import { type TestContext, testContext } from './context.ts';
import { observeStatuses } from './observed-statuses.ts';
import { type RunningRedis, startRedis } from './redis.ts';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** The parsed JSON, or the text when it is none. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every form
  readonly body: any;
}

interface Request {
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface TestApp {
  readonly t: TestContext;
  readonly app: App;
  readonly redis: Redis;
  readonly url: string;
  /** What the webhooks have asked of the jobs process. */
  readonly nudged: {
    readonly kind: 'rescue' | 'finalize';
    readonly callId: string;
    readonly epoch?: number;
  }[];
  /** One request over the wire. A string or bytes go as they are, anything else as JSON. */
  call(method: string, path: string, request?: Request): Promise<Answer>;
  [Symbol.asyncDispose](): Promise<void>;
}

export const internalToken = 'the internal token of the tests';
export const livekitKeys = { apiKey: 'testkey', apiSecret: 'a LiveKit secret of the tests, 32+ bytes' };

/** The real app on a free port, with its own database and Redis; answers are held to their schemas. */
export async function testApp(options: Partial<AppOptions> = {}): Promise<TestApp> {
  const t = await testContext();
  const server: RunningRedis = await startRedis();
  const redis = new Redis(server.url, { maxRetriesPerRequest: 1 });
  redis.on('error', () => undefined);
  const nudged: TestApp['nudged'] = [];
  const app = buildApp({
    services: t.services,
    redis,
    probes: { db: async () => 1, redis: () => redis.ping(), livekit: async () => 1 },
    version: '0.0.0-test',
    internalToken,
    livekit: { ...livekitKeys, browserUrl: 'ws://livekit.test' },
    pagesDir: fileURLToPath(new URL('./no-pages', import.meta.url)),
    demoEnabled: true,
    rateLimits: false,
    checkAnswers: true,
    nudges: recordNudges(nudged),
    ...options,
  });
  app.koa.middleware.unshift(observeStatuses);
  const http = openServer(app.koa.callback());
  const url = `http://127.0.0.1:${await listen(http, { HOST: '127.0.0.1', PORT: 0 })}`;
  return {
    ...{ t, app, redis, url, nudged },
    call: (method, path, request = {}) => send(url, method, path, request),
    [Symbol.asyncDispose]: async () => {
      app.endStreams();
      await closeServer(http, { graceMs: 500 });
      await app.close();
      redis.disconnect();
      await server.stop();
      await t[Symbol.asyncDispose]();
    },
  };
}

function recordNudges(nudged: TestApp['nudged']): CallNudges {
  return {
    rescue: async (call) => void nudged.push({ kind: 'rescue', ...call }),
    finalize: async (callId) => void nudged.push({ kind: 'finalize', callId }),
    close: async () => undefined,
  };
}

async function send(
  url: string,
  method: string,
  path: string,
  { body, headers = {} }: Request,
): Promise<Answer> {
  const raw = typeof body === 'string' || body instanceof Uint8Array;
  const response = await fetch(url + path, {
    method,
    redirect: 'manual',
    headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    ...(body === undefined ? {} : { body: raw ? (body as string) : JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: parse(text) };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
