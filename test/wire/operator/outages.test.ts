import type { Pool } from 'pg';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import type { Route } from '../../../control-plane/http/route.ts';
import { createApiKey } from '../../../core/api-keys/index.ts';
import { signLink } from '../../../core/recordings/link.ts';
import { type TestApp, testApp } from '../../harness/app.ts';
import { signUp } from './crew.ts';
import { publicRequests } from './public-requests.ts';

// A hundred requests each.
vi.setConfig({ testTimeout: 120_000 });

let app: TestApp;
let key: string;
let routes: Route[];
beforeAll(async () => {
  app = await testApp();
  app.t.ports.google = {
    verify: async () => ({ subject: 'g', email: 'rosa@pier.test', emailVerified: true, name: 'Rosa' }),
  };
  const owner = await signUp(app, 'Owner');
  key = (await createApiKey(owner.ctx, { name: 'all', role: 'admin' })).key;
  routes = app.app.surfaces
    .filter(({ name }) => ['operator', 'dialer'].includes(name))
    .flatMap(({ routes: all }) => [...all])
    .filter(({ needsStorage }) => needsStorage !== false);
});
afterEach(() => vi.restoreAllMocks());
afterAll(() => app[Symbol.asyncDispose]());

function breakDatabase(error: Error): void {
  const pool: Pool = app.t.db.$client;
  vi.spyOn(pool, 'query').mockRejectedValue(error as never);
  vi.spyOn(pool, 'connect').mockRejectedValue(error as never);
}

async function ask({ operationId, method, path: template, auth }: Route) {
  const id = '01a20000-0000-7000-8000-000000000000';
  const { path, body } = publicRequests[operationId]?.({} as never) ?? {
    path: template.replaceAll(/\{\w+\}/g, id),
    body: undefined,
  };
  const subject = operationId === 'getCaptureFile' ? 'capture' : 'recording';
  // A link is checked before anything is looked up.
  const link = operationId === 'getCaptureFile' || operationId === 'getRecordingAudio';
  const query = link ? `?${signLink(app.t.services.authSecret, id, Date.now() + 60_000, subject)}` : '';
  return app.call(method.toUpperCase(), path + query, {
    body,
    headers: auth === 'public' ? {} : { 'x-api-key': key },
  });
}

it.each([
  [503, Object.assign(new Error('connect ECONNREFUSED 10.1.2.3:5432'), { code: 'ECONNREFUSED' })],
  [500, new Error('relation "secret_table" does not exist')],
])('every route answers %i when the database fails so, and tells nothing about it', async (status, error) => {
  breakDatabase(error);
  const others: string[] = [];
  for (const route of routes) {
    const answer = await ask(route);
    const text = JSON.stringify(answer.body);
    if (answer.status !== status || text.includes(error.message) || /10\.1\.2\.3|secret_table/.test(text))
      others.push(`${route.operationId} answered ${answer.status} ${text}`);
  }
  expect(others).toEqual([]);
});
