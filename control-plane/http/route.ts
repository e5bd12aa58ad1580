import '../../platform/plain-problems.ts';
import type Koa from 'koa';
import type { z } from 'zod';
import type { Actor, Context, Role, Services } from '../../core/context.ts';
import { DomainError, type FieldProblem } from '../../core/errors.ts';
import type { KeyScope } from '../../core/key-scopes.ts';
import type { Scope } from '../../core/operation.ts';
import { assertStorable } from './body.ts';
import { HttpError } from './errors.ts';
import type { RateLimit } from './rate-limits.ts';

export type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';

/** Who sent a request. */
export interface Caller {
  readonly actor: Actor;
  readonly workspaceId: string | null;
  readonly role: Role | null;
}

/** What a handler gets: the caller, and what the schemas made of the request. */
export interface Input<P, Q, B> {
  readonly ctx: Context;
  readonly params: P;
  readonly query: Q;
  readonly body: B;
  /** For cookies, headers and streams; plain JSON routes do not need it. */
  readonly koa: Koa.Context;
  readonly rawBody: Buffer;
}

/** The part of a route that documents it. */
export interface RouteInfo {
  readonly method: Method;
  /** OpenAPI spelling: `/agents/{id}`. */
  readonly path: string;
  readonly operationId: string;
  readonly summary: string;
  readonly description?: string;
  /** Who may call it. It equals the scope of the operation behind it; the kit refuses before it reads a body. */
  readonly auth: Scope;
  /** How its callers are known, where it takes what no other address takes. Throws unauthenticated. */
  readonly authenticate?: (koa: Koa.Context, services: Services) => Promise<Caller>;
  /**
   * What an API key with scopes must have, for routes with a body: the kit refuses before it reads that. The operations
   * behind it ask again, by their names.
   */
  readonly keyScope?: KeyScope;
  readonly status: number;
  /** Another success with the same schema (setStatus). */
  readonly otherStatus?: number;
  /** Media type of the answer; JSON by default. */
  readonly contentType?: string;
  /** Statuses beyond those that the kit answers by itself (400, 401, 403, 404, 405, 413, 415, 429, 500, 503). */
  readonly errors?: readonly number[];
  /** false: it asks neither the database nor Redis, so it has nothing to fail by. */
  readonly needsStorage?: false;
  readonly limit?: RateLimit;
  /** A second limit, counted by what the body names (an account that is being guessed at), from wherever it comes. */
  readonly subjectLimit?: RateLimit & {
    readonly of: (body: unknown, ctx: Context) => string | undefined | Promise<string | undefined>;
  };
  readonly bodyLimitBytes?: number;
  readonly accepts?: readonly string[];
  /**
   * `raw`: the handler reads `rawBody` by itself (signed bodies). `stream`: it reads the request by itself, limits
   * included (uploads). Either way `body` only documents.
   */
  readonly bodyAs?: 'parsed' | 'raw' | 'stream';
  /** OpenAPI security schemes, where they differ from the surface's. */
  readonly security?: readonly string[];
  /** Names of an operation's input fields as the wire spells them, for the fields of its refusals. */
  readonly wireNames?: Readonly<Record<string, string>>;
}

interface RouteSpec<P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType, R extends z.ZodType>
  extends RouteInfo {
  readonly params?: P;
  readonly query?: Q;
  readonly body?: B;
  /** What else is wrong with a body that does not fit, so that all of it is said at once. Asked only then. */
  readonly alsoWrong?: (
    input: Pick<Input<z.output<P>, z.output<Q>, unknown>, 'ctx' | 'params' | 'body'> & {
      readonly problems: readonly FieldProblem[];
    },
  ) => Promise<readonly FieldProblem[]>;
  /** Left out: no body (204), or the handler answers by itself through `koa` (streams, pages). */
  readonly returns?: R;
  handle(
    input: Input<z.output<P>, z.output<Q>, z.output<B>>,
  ): Promise<z.input<NoInfer<R>> | undefined> | z.input<NoInfer<R>> | undefined;
}

export interface RawInput {
  readonly ctx: Context;
  readonly params: unknown;
  readonly query: unknown;
  readonly body: unknown;
  readonly koa: Koa.Context;
  readonly rawBody: Buffer;
}

/** A route with its types sealed inside, as surfaces, the documents and tests handle it. */
export interface Route extends RouteInfo {
  readonly params: z.ZodType | undefined;
  readonly query: z.ZodType | undefined;
  readonly body: z.ZodType | undefined;
  readonly returns: z.ZodType | undefined;
  run(input: RawInput): Promise<unknown>;
}

/** Declares one route: what the wire says, and the operation it is. */
export function route<
  P extends z.ZodType = z.ZodObject<Record<never, never>>,
  Q extends z.ZodType = z.ZodObject<Record<never, never>>,
  B extends z.ZodType = z.ZodUndefined,
  R extends z.ZodType = z.ZodUndefined,
>(spec: RouteSpec<P, Q, B, R>): Route {
  return {
    ...spec,
    params: spec.params,
    query: spec.query,
    body: spec.body,
    returns: spec.returns,
    async run({ ctx, koa, rawBody, ...raw }) {
      const problems: FieldProblem[] = [];
      // A path that cannot name anything names nothing: 404, as for an id that nobody has.
      const params = check(spec.params, raw.params, () => {
        throw new HttpError(404, 'There is nothing at this address.');
      });
      const collect = (found: readonly FieldProblem[]) => problems.push(...found);
      const query = check(spec.query, raw.query, collect);
      const body = check((spec.bodyAs ?? 'parsed') === 'parsed' ? spec.body : undefined, raw.body, collect);
      if (problems.length > 0) {
        const more = (await spec.alsoWrong?.({ ctx, params, body: raw.body, problems })) ?? [];
        throw new HttpError(400, 'The request does not fit.', { fields: [...problems, ...more] });
      }
      try {
        return await spec.handle({ ctx, koa, rawBody, params, query, body });
      } catch (error) {
        throw inWireNames(error, spec.wireNames ?? {});
      }
    },
  };
}

function check<T extends z.ZodType>(
  schema: T | undefined,
  value: unknown,
  refuse: (problems: readonly FieldProblem[]) => void,
): z.output<T> {
  // A route without this schema does not read the value, so its type says there is nothing in it.
  if (schema === undefined) return undefined as z.output<T>;
  try {
    assertStorable(value);
  } catch (error) {
    if (error instanceof HttpError) refuse(error.fields);
    return undefined as z.output<T>;
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  refuse(result.error.issues.map((issue) => ({ path: issue.path.join('.'), message: issue.message })));
  return undefined as z.output<T>;
}

function inWireNames(error: unknown, names: Readonly<Record<string, string>>): unknown {
  if (!(error instanceof DomainError) || error.fields.length === 0) return error;
  return new DomainError(error.code, error.message, {
    fields: error.fields.map(({ path, message }) => ({ path: toWireName(path, names), message })),
    details: error.details,
    cause: error,
  });
}

/** A field of an operation's input as the wire spells it: the longest name that fits decides. */
export function toWireName(path: string, names: Readonly<Record<string, string>>): string {
  const longestFirst = Object.entries(names).sort(([a], [b]) => b.length - a.length);
  const hit = longestFirst.find(([ours]) => path === ours || path.startsWith(`${ours}.`));
  return hit === undefined ? path : hit[1] + path.slice(hit[0].length);
}
