import type { Route } from '../../control-plane/http/route.ts';
import { isRecord } from '../../platform/is-record.ts';
import type { TestApp } from '../harness/app.ts';
import type { Caller } from '../wire/operator/crew.ts';
import { makeThings, requests } from '../wire/operator/sample-requests.ts';

/**
 * By operation, parameters with a value that means something here (`path.id`, `body.agent_id`): real ids for the
 * operations that need one, each on things of its own (deleting does not starve the next), read from the role matrix's
 * sample requests: made-up ids would only ever find out how a 404 looks.
 */
export async function knownValues(
  app: TestApp,
  owner: Caller,
  routes: readonly Route[],
): Promise<ReadonlyMap<string, Readonly<Record<string, string>>>> {
  const known = new Map<string, Readonly<Record<string, string>>>();
  for (const route of routes) {
    const sample = requests[route.operationId] ?? internalRequest(route);
    if (sample === undefined) continue;
    const things = await makeThings(app, owner, sample);
    const { path, body } = sample(things);
    known.set(route.operationId, {
      ...pathValues(route.path, path),
      ...Object.fromEntries(
        [...new URL(path, app.url).searchParams].map(([key, value]) => [`query.${key}`, value]),
      ),
      ...bodyValues(body, new Set(Object.values(things))),
    });
  }
  return known;
}

/** The matrix is about people and keys; what a worker asks is about a call. */
function internalRequest({ path }: Route): (typeof requests)[string] | undefined {
  if (!path.startsWith('/internal/calls/{id}')) return undefined;
  return ({ callId }) => ({ path: path.replace('{id}', callId) });
}

function pathValues(template: string, path: string): Record<string, string> {
  const given = path.split('?')[0]?.split('/') ?? [];
  return Object.fromEntries(
    template
      .split('/')
      .flatMap((part, at) =>
        part.startsWith('{') ? [[`path.${part.slice(1, -1)}`, given[at] ?? ''] as const] : [],
      ),
  );
}

/** Only what names a thing: everything else is for the fuzzer to make up. */
function bodyValues(body: unknown, names: ReadonlySet<string>): Record<string, string> {
  if (!isRecord(body) || body instanceof FormData) return {};
  return Object.fromEntries(
    Object.entries(body).flatMap(([key, value]) =>
      typeof value === 'string' && value !== '' && names.has(value) ? [[`body.${key}`, value]] : [],
    ),
  );
}
