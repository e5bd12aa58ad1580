import { Readable } from 'node:stream';
import { isDeepStrictEqual } from 'node:util';
import Router from '@koa/router';
import type Koa from 'koa';
import type { z } from 'zod';
import type { Context, Services } from '../../core/context.ts';
import { DomainError } from '../../core/errors.ts';
import { hasRole, requireKeyScope, type Scope } from '../../core/operation.ts';
import { parseBody, readRawBody } from './body.ts';
import { declaredStatuses } from './declared-statuses.ts';
import { type Failure, failureOf, HttpError } from './errors.ts';
import { networkOf, type RateLimits } from './rate-limits.ts';
import { stateOf } from './request-log.ts';
import type { Caller, Route } from './route.ts';

/** One API dialect: an island with its own way to know callers and to say no. */
export interface Surface {
  readonly name: string;
  /** One sentence for the documents. */
  readonly description: string;
  /** First path segments it answers for, also with 404: `/auth`. The one with `/` answers for the rest. */
  readonly prefixes: readonly string[];
  /** OpenAPI security scheme names that its protected routes take, any of them. */
  readonly security: readonly string[];
  readonly errorSchema: z.ZodType;
  readonly routes: readonly Route[];
  authenticate(koa: Koa.Context, services: Services): Promise<Caller>;
  renderError(failure: Failure): unknown;
}

export interface SurfaceRuntime {
  readonly services: Services;
  readonly limits: RateLimits;
  /** Tests only: an answer that its own schema does not describe becomes a 500. */
  readonly checkAnswers: boolean;
}

export const surface = (spec: Surface): Surface => spec;

/** Of one API key on all routes together. */
const keyLimit = { name: 'api-key', points: 3_000, durationMs: 60_000 };

const anonymous: Caller = { actor: { kind: 'anonymous' }, workspaceId: null, role: null };

/** The routes of a surface as one middleware, everything inside the surface's own error boundary. */
export function mountSurface(spec: Surface, runtime: SurfaceRuntime): Koa.Middleware {
  const router = new Router();
  for (const item of spec.routes)
    router.register(koaPath(item.path), [item.method], (koa: Koa.Context) =>
      answer(spec, runtime, item, koa),
    );
  const dispatch = router.routes() as unknown as Koa.Middleware;
  // The router tries every address in turn; one without parameters needs no trying.
  const plain = new Map(
    spec.routes
      .filter(({ path }) => !path.includes('{'))
      .map((item) => [`${item.method.toUpperCase()} ${koaPath(item.path)}`, item]),
  );
  return async (koa) => {
    stateOf(koa).surface = spec.name;
    try {
      const known = plain.get(`${koa.method} ${koa.path}`);
      if (known !== undefined) await answer(spec, runtime, known, koa);
      else {
        const matched = router.match(koa.path, koa.method);
        if (matched.path.length === 0) throw new HttpError(404, 'There is nothing at this address.');
        const methods = methodsAt(matched.path);
        if (!methods.includes(koa.method)) throw methodNotAllowed(methods);
        await dispatch(koa, async () => {});
      }
    } catch (error) {
      renderFailure(spec, runtime, koa, error);
    }
    if (runtime.checkAnswers) assertDeclared(spec, runtime, koa);
  };
}

/** Whether the surface answers for this path, be it with 404. */
export function ownsPath(spec: Surface, path: string): boolean {
  return spec.prefixes.some((prefix) => prefix === '/' || path === prefix || path.startsWith(`${prefix}/`));
}

/** Without a slash at the end the router takes both. */
const koaPath = (path: string): string => path.replaceAll(/\{(\w+)\}/g, ':$1').replace(/(.)\/$/, '$1');

/** Of the address that fits best: `/calls/export` is not a call whose id is `export`. */
function methodsAt(
  layers: readonly { readonly paramNames: readonly unknown[]; readonly methods: string[] }[],
) {
  const fewest = Math.min(...layers.map(({ paramNames }) => paramNames.length));
  return layers.filter(({ paramNames }) => paramNames.length === fewest).flatMap(({ methods }) => methods);
}

function methodNotAllowed(methods: readonly string[]): HttpError {
  const allow = [...new Set(methods)].join(', ');
  return new HttpError(405, `This address takes ${allow} only.`, { headers: { Allow: allow } });
}

async function answer(spec: Surface, runtime: SurfaceRuntime, item: Route, koa: Koa.Context): Promise<void> {
  stateOf(koa).operationId = item.operationId;
  if (item.limit !== undefined) await runtime.limits.take(item.limit, networkOf(koa.ip));
  const { authenticate = spec.authenticate } = item;
  const caller = item.auth === 'public' ? anonymous : await authenticate(koa, runtime.services);
  if (caller.actor.kind === 'api-key') await runtime.limits.take(keyLimit, caller.actor.apiKeyId);
  requireScope(caller, item.auth);
  if (item.keyScope !== undefined) requireKeyScope(caller.actor, item.keyScope);
  const reads = item.body !== undefined && item.bodyAs !== 'stream';
  const rawBody = reads ? await readRawBody(koa.req, item.bodyLimitBytes) : Buffer.alloc(0);
  const ctx: Context = {
    services: runtime.services,
    ...caller,
    surface: spec.name,
    requestId: stateOf(koa).requestId,
    ip: koa.ip,
  };
  const body =
    item.bodyAs === 'raw' ? undefined : parseBody(rawBody, koa.req, item.accepts ?? ['application/json']);
  const subject = await item.subjectLimit?.of(body, ctx);
  if (item.subjectLimit && subject !== undefined) await runtime.limits.take(item.subjectLimit, subject);
  const value = await item.run({
    ctx,
    koa,
    rawBody,
    params: koa.params as unknown,
    query: koa.query,
    body,
  });
  // A handler may answer JSON to one caller and a stream to another.
  if (value === undefined && koa.body instanceof Readable) return;
  if (item.returns === undefined) {
    if (value === undefined && item.status === 204) koa.status = 204;
    return;
  }
  if (runtime.checkAnswers) assertDescribed(item, item.returns, value);
  koa.status = stateOf(koa).status ?? item.status;
  if (item.contentType !== undefined) koa.type = item.contentType;
  koa.body = value;
}

/** Before the body is read, so that a refusal does not depend on what was sent. The operation checks it again. */
function requireScope(caller: Caller, scope: Scope): void {
  if (scope === 'public' || caller.actor.kind === 'system') return;
  if (caller.actor.kind === 'anonymous')
    throw new DomainError('unauthenticated', 'Sign in or send an API key.');
  if (scope === 'session') return;
  if (scope === 'system') throw new DomainError('forbidden', 'This is for processes of the product only.');
  if (caller.workspaceId === null || caller.role === null)
    throw new DomainError('forbidden', 'You are not a member of a workspace. Create one or switch to one.');
  if (!hasRole(caller.role, scope))
    throw new DomainError(
      'forbidden',
      `This needs the role ${scope} in the workspace; yours is ${caller.role}.`,
    );
}

function assertDescribed(item: Route, schema: z.ZodType, value: unknown): void {
  const sent: unknown = typeof value === 'string' ? value : JSON.parse(JSON.stringify(value));
  const parsed = schema.safeParse(sent);
  if (!parsed.success)
    throw new Error(`${item.operationId} answers what its schema refuses: ${parsed.error.message}`);
  if (!isDeepStrictEqual(parsed.data, sent))
    throw new Error(`${item.operationId} answers more than its schema says: ${JSON.stringify(sent)}`);
}

/** In tests a status that the document does not have for the route becomes a fault. */
function assertDeclared(spec: Surface, runtime: SurfaceRuntime, koa: Koa.Context): void {
  const { operationId } = stateOf(koa);
  const item = spec.routes.find((one) => one.operationId === operationId);
  if (item === undefined || koa.headerSent || declaredStatuses(item).includes(koa.status)) return;
  const error = new Error(`${operationId} answers ${koa.status}, which its document does not have`);
  renderFailure(spec, runtime, koa, error);
}

function renderFailure(spec: Surface, runtime: SurfaceRuntime, koa: Koa.Context, error: unknown): void {
  const failure = failureOf(error);
  const { requestId, operationId } = stateOf(koa);
  if (failure.unexpected)
    runtime.services.log.error({ err: error, requestId, operationId, surface: spec.name }, 'request failed');
  if (koa.headerSent) return;
  koa.set(failure.headers);
  koa.status = failure.status;
  koa.body = spec.renderError(failure);
}
