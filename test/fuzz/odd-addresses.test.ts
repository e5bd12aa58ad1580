import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import type { Route } from '../../control-plane/http/route.ts';
import { createApiKey } from '../../core/api-keys/index.ts';
import { internalToken, type TestApp, testApp } from '../harness/app.ts';
import { signUp } from '../wire/operator/crew.ts';

let app: TestApp;
let key: string;
beforeAll(async () => {
  app = await testApp();
  const owner = await signUp(app);
  key = (await createApiKey(owner.ctx, { name: 'odd', role: 'admin' })).key;
});
afterAll(() => app[Symbol.asyncDispose]());

/** As they stand in an address: what a client library would never send, and somebody always does. */
const odd = {
  NUL: '%00',
  'a byte that is no UTF-8': '%ff',
  'half a surrogate pair': '%ed%a0%80',
  'a broken escape': '%E0%A4%A',
  'a path upwards': '..%2f..%2fetc%2fpasswd',
  'a quote': "'%22;--",
  'a number that is none': '1e999',
  'a number beyond integers': '9'.repeat(40),
  'a long text': 'a'.repeat(5_000),
  'nothing but a space': '%20',
};

function addressesOf({ path, query }: Route, value: string): string[] {
  const here = path.replaceAll(/\{\w+\}/g, '01a20000-0000-7000-8000-000000000000');
  return [
    ...(path.includes('{') ? [path.replaceAll(/\{\w+\}/g, value)] : []),
    `${here}?unknown=${value}`,
    ...(query instanceof z.ZodObject
      ? Object.keys(query.shape).flatMap((name) => [
          `${here}?${name}=${value}`,
          `${here}?${name}=1&${name}=${value}`,
        ])
      : []),
  ];
}

it.each(Object.entries(odd))('no route breaks over %s in its address', async (_what, value) => {
  const routes = app.app.surfaces.flatMap((surface) => [...surface.routes]);
  const broken: string[] = [];
  for (const route of routes) {
    const headers: Record<string, string> =
      route.auth === 'system' ? { authorization: `Bearer ${internalToken}` } : { 'x-api-key': key };
    for (const address of addressesOf(route, value)) {
      const answer = await fetch(app.url + address, { method: route.method.toUpperCase(), headers });
      await answer.body?.cancel();
      if (answer.status >= 500) broken.push(`${answer.status} ${route.method} ${address.slice(0, 100)}`);
    }
  }
  expect(broken).toEqual([]);
});
