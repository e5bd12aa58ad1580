import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import type { Route } from '../../../control-plane/http/route.ts';
import { createApiKey } from '../../../core/api-keys/index.ts';
import { announceBody } from '../../harness/announce-body.ts';
import { type TestApp, testApp } from '../../harness/app.ts';
import { type Caller, signUp } from './crew.ts';
import { publicRequests } from './public-requests.ts';
import { makeThings, requests, type SampleRequest } from './sample-requests.ts';

// A hundred requests each.
vi.setConfig({ testTimeout: 120_000 });

/** What the kit answers for every route alike, asked of every one of them. */
let app: TestApp;
let owner: Caller;
let key: string;
let keyId: string;
let routes: Route[];
beforeAll(async () => {
  app = await testApp({ rateLimits: true });
  owner = await signUp(app, 'Owner');
  const made = await createApiKey(owner.ctx, { name: 'all', role: 'admin' });
  [key, keyId] = [made.key, made.apiKey.id];
  routes = app.app.surfaces
    .filter(({ name }) => ['operator', 'dialer', 'inbound'].includes(name))
    .flatMap(({ routes: all }) => [...all]);
});
afterAll(() => app[Symbol.asyncDispose]());

const sampleOf = ({ operationId }: Route): SampleRequest | undefined =>
  requests[operationId] ?? publicRequests[operationId];

/** Sessions are for people, everything else is asked with a key. */
const headersFor = ({ auth }: Route): Record<string, string> =>
  auth === 'session' ? { ...owner.headers } : auth === 'public' ? {} : { 'x-api-key': key };

const nobody = '01a20000-0000-7000-8000-000000000000';

const template = ({ path }: Route): string => path.replaceAll(/\{\w+\}/g, nobody);

/** Of things that are there, where the handler looks for them before it gives the answer in question. */
async function pathOf(route: Route): Promise<string> {
  const sample = sampleOf(route);
  return sample === undefined ? template(route) : sample(await makeThings(app, owner, sample)).path;
}
/** Plain bodies are read before the handler. */
const pathForBody = async (route: Route): Promise<string> =>
  route.bodyAs === 'stream' ? pathOf(route) : template(route);

/** Asks all of them, and resolves to what was not answered as it should be. */
async function unlike(
  expected: number,
  which: readonly Route[],
  ask: (route: Route) => Promise<number>,
): Promise<string[]> {
  const others: string[] = [];
  for (const route of which) {
    await app.redis.flushdb();
    const status = await ask(route);
    if (status !== expected) others.push(`${route.operationId} answered ${status}`);
  }
  return others;
}

/** The status alone: some of the answers are streams without an end. */
async function statusOf(route: Route, path: string, init: RequestInit = {}): Promise<number> {
  const abort = new AbortController();
  const response = await fetch(app.url + path, {
    method: route.method.toUpperCase(),
    ...init,
    headers: { ...headersFor(route), ...(init.headers as Record<string, string>) },
    signal: abort.signal,
  });
  abort.abort();
  await response.body?.cancel().catch(() => undefined);
  return response.status;
}

/** A body that is larger than any route takes. */
async function announced(route: Route, path: string): Promise<number> {
  const type = route.accepts?.[0] ?? 'application/json';
  const headers = {
    ...headersFor(route),
    'content-type': type === 'multipart/form-data' ? `${type}; boundary=b` : type,
  };
  return announceBody(app.url + path, route.method.toUpperCase(), headers, 2 ** 45);
}

/** Signed bodies are not ours to make (webhook.test.ts); a list that has come in whole needs no body. */
const withBody = () =>
  routes.filter(
    ({ body, bodyAs, operationId }) =>
      body !== undefined && bodyAs !== 'raw' && !['retryUpload'].includes(operationId),
  );

describe('every route with a body', () => {
  it('answers one of another media type with 415', async () => {
    const ask = async (route: Route) =>
      statusOf(route, await pathForBody(route), { headers: { 'content-type': 'image/png' }, body: 'x' });
    expect(await unlike(415, withBody(), ask)).toEqual([]);
  });

  it('answers one that is not what its media type says with 400', async () => {
    const ask = async (route: Route) => {
      const type = route.accepts?.[0] ?? 'application/json';
      const headers = {
        'content-type': type === 'multipart/form-data' ? `${type}; boundary=b` : type,
      };
      return statusOf(route, await pathForBody(route), { headers, body: '{' });
    };
    expect(await unlike(400, withBody(), ask)).toEqual([]);
  });

  it('answers one that announces more than it takes with 413', async () => {
    const ask = async (route: Route) => announced(route, await pathForBody(route));
    expect(await unlike(413, withBody(), ask)).toEqual([]);
  });
});

it('every route with parameters in its query answers what no text may hold with 400', async () => {
  const ask = async (route: Route) => {
    const [name = ''] = route.query instanceof z.ZodObject ? Object.keys(route.query.shape) : [];
    const path = new URL(await pathOf(route), app.url);
    path.searchParams.set(name, '\0');
    return statusOf(route, path.pathname + path.search);
  };
  const asked = routes.filter(({ query, body }) => query !== undefined && body === undefined);
  expect(await unlike(400, asked, ask)).toEqual([]);
});

it.each([
  ['page', '?page=0'],
  ['page_size', '?page_size=0'],
  ['page_size', '?page_size=1000'],
  ['end_datetime', '?start_datetime=2026-02-12&end_datetime=2026-02-11'],
  ['start_datetime', '?start_datetime=yesterday'],
  ['timezone', '?timezone=Mars/Olympus'],
])('every route that has %s in its query answers %s with 400, and names it', async (name, query) => {
  const asked = routes.filter(
    ({ query: schema, path }) => !path.includes('{') && schema instanceof z.ZodObject && name in schema.shape,
  );
  expect(asked.length).toBeGreaterThan(0);
  const refused: unknown[] = [];
  for (const route of asked) {
    const { status, body } = await app.call('GET', route.path + query, { headers: headersFor(route) });
    // The dialer answers in the manner of Django REST framework.
    const fields = body.errors?.map(({ field }: { field: string }) => field) ?? Object.keys(body);
    refused.push([route.operationId, status, fields]);
  }
  expect(refused).toEqual(asked.map(({ operationId }) => [operationId, 400, expect.arrayContaining([name])]));
});

it.each([
  ['2026-02-12', '9999-12-31', 200],
  ['9999-12-30', '9999-12-31T23:59:59Z', 200],
  ['2026-02-12', '9999-12-31T23:59:59-14:00', 400],
])(
  'every list and report of times takes the end of time, and refuses what is beyond (%s to %s)',
  async (from, to, status) => {
    const asked = routes.filter(
      ({ query, path }) =>
        !path.includes('{') && query instanceof z.ZodObject && 'end_datetime' in query.shape,
    );
    expect(asked.length).toBeGreaterThan(3);
    const ask = async (route: Route) => {
      const query = new URLSearchParams({ start_datetime: from, end_datetime: to });
      return statusOf(route, `${route.path}?${query}`);
    };
    const others = await unlike(status, asked, ask);
    // A report is of ten years at most, and begins before it ends.
    expect(others.filter((one) => !/^get(Dashboard|\w+Summary) answered 400$/.test(one))).toEqual([]);
  },
);

it('every route about one thing answers 404 where there is no such thing', async () => {
  const ask = async (route: Route) => {
    const sample = sampleOf(route);
    if (sample === undefined) throw new Error(`no sample request for ${route.operationId}`);
    const { path, body } = sample(await makeThings(app, owner, sample));
    const { search } = new URL(path, app.url);
    const isForm = body instanceof FormData;
    return statusOf(route, template(route) + search, {
      ...(body === undefined ? {} : { body: isForm ? body : JSON.stringify(body) }),
      headers: body === undefined || isForm ? {} : { 'content-type': 'application/json' },
    });
  };
  // Who has no link that was signed is not told what there is.
  const asked = routes.filter(
    ({ path, operationId }) =>
      path.includes('{') && !['getRecordingAudio', 'getCaptureFile'].includes(operationId),
  );
  expect(await unlike(404, asked, ask)).toEqual([]);
});

it('every route with a limit, and every one that takes a key, answers 429 beyond it', async () => {
  const ask = async (route: Route) => {
    const usedUp = async (name: string, caller: string) =>
      app.redis.set(`trunkline:limit:${name}:${caller}`, 1_000_000, 'EX', 60);
    if (route.auth === 'public' && route.limit) await usedUp(route.limit.name, '127.0.0.1');
    else await usedUp('api-key', keyId);
    return statusOf(route, template(route), {
      headers: route.auth === 'public' ? {} : { 'x-api-key': key },
    });
  };
  const asked = routes.filter(({ auth, limit }) => auth !== 'public' || limit !== undefined);
  expect(await unlike(429, asked, ask)).toEqual([]);
});

it('every route that changes something refuses the cookie of somebody whom another site sent, with 403', async () => {
  const cookie = `access_token=${owner.headers.authorization?.replace('Bearer ', '')}`;
  const ask = async (route: Route) => {
    const abort = new AbortController();
    const { status } = await fetch(app.url + template(route), {
      method: route.method.toUpperCase(),
      headers: { cookie, origin: 'https://elsewhere.test' },
      signal: abort.signal,
    });
    abort.abort();
    return status;
  };
  const asked = routes.filter(({ auth, method }) => auth !== 'public' && method !== 'get');
  expect(await unlike(403, asked, ask)).toEqual([]);
});
