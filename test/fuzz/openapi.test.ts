import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { Route } from '../../control-plane/http/route.ts';
import { createApiKey } from '../../core/api-keys/index.ts';
import { DomainError } from '../../core/errors.ts';
import { internalToken, type TestApp, testApp } from '../harness/app.ts';
import { type Caller, signUp } from '../wire/operator/crew.ts';
import { knownValues } from './known-values.ts';
import { type Asked, type Budget, fuzz } from './schemathesis.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** deep (`npm run test:fuzz`): many requests, other ones at each run. small: few, and always the same. */
    readonly fuzz: 'small' | 'deep';
  }
}

const deep = inject('fuzz') === 'deep';
const seed = deep ? Date.now() % 2 ** 31 : null;
const budget: Budget = deep
  ? { phases: ['coverage', 'fuzzing', 'stateful'], maxExamples: 60, seed }
  : { phases: ['fuzzing'], maxExamples: 3, seed };
const patience = { timeout: deep ? 3_600_000 : 300_000 };

/**
 * They end the credentials, or everything that the others are about: each is asked by somebody with nothing to lose.
 */
const farewells = new Set(['logOut', 'logOutEverywhere', 'endSession', 'deleteWorkspace']);
/** A call that goes on has an endless stream; what it sends is tested in test/wire/operator/live.test.ts. */
const endless = new Set(['streamCall']);

let app: TestApp;
let owner: Caller;
let key: string;
let asked: readonly Asked[];

beforeAll(async () => {
  app = await testApp();
  // Configured, and nobody has a token of his.
  app.t.ports.google = {
    verify: async () => {
      throw new DomainError('unauthenticated', 'The token is not one of Google.');
    },
  };
  owner = await signUp(app, 'Owner');
  key = (await createApiKey(owner.ctx, { name: 'fuzz', role: 'admin' })).key;
  const routes = app.app.surfaces.flatMap((surface) => [...surface.routes]);
  const known = await knownValues(app, owner, routes);
  asked = await Promise.all(
    routes
      .filter(({ operationId }) => !endless.has(operationId))
      .map(async (route) => ({
        operationId: route.operationId,
        headers: await credentialsFor(route),
        known: known.get(route.operationId) ?? {},
      })),
  );
});
afterAll(() => app[Symbol.asyncDispose]());

async function credentialsFor({ operationId, auth }: Route): Promise<Readonly<Record<string, string>>> {
  if (farewells.has(operationId)) return (await signUp(app, operationId)).headers;
  if (auth === 'public') return {};
  if (auth === 'system') return { Authorization: `Bearer ${internalToken}` };
  // What keys may not do is mostly this; and what comes by a cookie goes through other checks.
  if (auth === 'session')
    return { Cookie: owner.headers.authorization?.replace('Bearer ', 'access_token=') ?? '' };
  return { 'X-API-Key': key };
}

/** How many of the routes have done what they are for. */
async function shareDone(): Promise<number> {
  const { body } = await app.call('GET', '/internal/metrics', {
    headers: { authorization: `Bearer ${internalToken}` },
  });
  const routes = app.app.surfaces.flatMap((surface) => [...surface.routes]);
  const done = routes.filter(({ operationId, status }) =>
    String(body).includes(`operation="${operationId}",status="${status}"`),
  );
  return done.length / routes.length;
}

describe(`whatever its document allows to ask, the server answers as documented (seed ${seed})`, () => {
  it('to those who may ask', patience, async () => {
    expect(await fuzz({ url: app.url, asked, ...budget })).toBe('');
    // Nobody has taken the credentials away meanwhile, and not everything was refused.
    const still = await app.call('GET', '/agents', { headers: { 'x-api-key': key } });
    expect(still.status).toBe(200);
    expect((await app.call('GET', '/auth/me', owner)).status).toBe(200);
    expect(await shareDone()).toBeGreaterThan(0.6);
  });

  // The role matrix asks each route once without credentials.
  if (deep)
    it('to those without credentials', patience, async () => {
      const anonymous = asked.map((one) => ({ ...one, headers: {} }));
      expect(await fuzz({ url: app.url, asked: anonymous, ...budget, maxExamples: 10 })).toBe('');
    });
});
