import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { declaredStatuses } from '../../control-plane/http/declared-statuses.ts';
import { testApp } from '../harness/app.ts';
import { observedStatuses } from '../harness/observed-statuses.ts';

const folder = fileURLToPath(new URL('./operator/', import.meta.url));

/** The files that ask an app over HTTP. */
async function wireTests(): Promise<string[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.test.ts'));
  const texts = await Promise.all(names.map((name) => readFile(folder + name, 'utf8')));
  return names.filter((_, at) => /\b(testApp|pagesApp)\(/.test(texts[at] ?? '')).map((name) => folder + name);
}

it('every status that a route declares has been seen over the wire', async ({ skip }) => {
  const observed = await observedStatuses();
  const files = new Set(observed.map(({ file }) => file));
  // Of a single file, or without this group, nobody expects that it shows everything.
  skip(!(await wireTests()).every((file) => files.has(file)), 'not all wire tests have run');
  await using app = await testApp();
  const seen = new Set(observed.map(({ operationId, status }) => `${operationId} ${status}`));
  const missing = app.app.surfaces
    .filter(({ name }) => ['operator', 'dialer', 'inbound'].includes(name))
    .flatMap(({ routes }) => routes)
    .map((route) => ({
      route,
      statuses: declaredStatuses(route).filter((status) => !seen.has(`${route.operationId} ${status}`)),
    }))
    .filter(({ statuses }) => statuses.length > 0)
    .map(
      ({ route, statuses }) =>
        `${route.method.toUpperCase()} ${route.path} (${route.operationId}): ${statuses.join(', ')}`,
    );
  expect(missing).toEqual([]);
});
