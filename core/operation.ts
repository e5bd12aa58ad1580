import '../platform/plain-problems.ts';
import type { z } from 'zod';
import type { Transaction } from '../db/client.ts';
import { auditLog } from '../db/schema/audit-log.ts';
import { outbox } from '../db/schema/outbox.ts';
import type { Actor, Context, OperationContext, Role, WorkspaceContext } from './context.ts';
import { DomainError } from './errors.ts';
import { coversScope, type KeyScope, keyScopeOf } from './key-scopes.ts';
import { messages } from './messages.ts';

/**
 * public: anyone. session: a signed-in user. system: our own processes.
 * A role: at least that role in the context's workspace (a process of ours with a workspace passes too).
 */
export type Scope = 'public' | 'session' | 'system' | Exclude<Role, 'superuser'>;

type ContextOf<S extends Scope> = S extends 'public' | 'session' | 'system'
  ? OperationContext
  : WorkspaceContext;

interface OperationSpec<S extends Scope, I extends z.ZodType, O, P> {
  /** `noun.verb`, as it stands in the audit log, the logs and the metrics. */
  readonly name: string;
  readonly scope: S;
  readonly input: I;
  /** true: no transaction, no audit line. */
  readonly reads?: boolean;
  /**
   * Slow work that must not hold a transaction open (hashing a password). Its result is the third argument of `run`.
   */
  readonly prepare?: (ctx: ContextOf<S>, input: z.output<I>) => Promise<P>;
  /** Id of what was changed, and what an auditor should see of it. Never a secret. */
  readonly audit?: (
    input: z.output<I>,
    output: O,
  ) => {
    readonly target?: string;
    readonly workspaceId?: string;
    readonly details?: Record<string, unknown>;
  };
  run(ctx: ContextOf<S>, input: z.output<I>, prepared: P): Promise<O>;
  /** Once it is committed: what this process has to forget. */
  readonly committed?: (ctx: Context) => unknown;
}

export type Operation<I extends z.ZodType, O> = ((ctx: Context, input: z.input<I>) => Promise<O>) & {
  readonly operationName: string;
  readonly scope: Scope;
  readonly input: I;
};

/**
 * The gate every operation goes through: scope, input, transaction, audit. Nothing that follows can forget them.
 * Throws DomainError `unauthenticated`, `forbidden` or `invalid` (with every field) before `run`.
 */
export function operation<S extends Scope, I extends z.ZodType, O, P = undefined>(
  spec: OperationSpec<S, I, O, P>,
): Operation<I, O> {
  const call = async (ctx: Context, rawInput: z.input<I>): Promise<O> => {
    checkScope(ctx, spec.scope);
    checkKeyScope(ctx, spec);
    const input = parseInput(spec.input, rawInput);
    const log = () => ctx.services.log.child({ operation: spec.name, requestId: ctx.requestId });
    const outside = contextFor<S>(ctx, ctx.services.db, log);
    // Without `prepare` nothing reads it, and P is undefined.
    const prepared = (await spec.prepare?.(outside, input)) as P;
    if (spec.reads) return spec.run(outside, input, prepared);
    const result = await ctx.services.db.transaction(async (tx) => {
      const output = await spec.run(contextFor<S>(ctx, tx, log), input, prepared);
      await writeAudit(tx, ctx, spec.name, spec.audit?.(input, output) ?? {});
      return output;
    });
    spec.committed?.(ctx);
    return result;
  };
  return Object.assign(call, { operationName: spec.name, scope: spec.scope, input: spec.input });
}

const rank: Record<Role, number> = { member: 1, developer: 2, admin: 3, superuser: 4 };

/** Whether `role` is at least `needed`. */
export const hasRole = (role: Role | null, needed: Role): boolean =>
  role !== null && rank[role] >= rank[needed];

function checkScope(ctx: Context, scope: Scope): void {
  if (scope === 'public') return;
  if (ctx.actor.kind === 'system') {
    if (scope !== 'system' && scope !== 'session' && ctx.workspaceId === null)
      throw new DomainError('internal', 'A process called an operation of a workspace without naming one.');
    return;
  }
  if (scope === 'system') throw new DomainError('forbidden', 'This is for processes of the product only.');
  if (ctx.actor.kind === 'anonymous') throw new DomainError('unauthenticated', 'Sign in or send an API key.');
  if (scope === 'session') return;
  if (ctx.workspaceId === null || ctx.role === null)
    throw new DomainError('forbidden', 'You are not a member of a workspace. Create one or switch to one.');
  if (!hasRole(ctx.role, scope))
    throw new DomainError(
      'forbidden',
      `This needs the role ${scope} in the workspace; yours is ${ctx.role}.`,
    );
}

/** Of a key that is confined to parts of the product. Its role has been checked already. */
function checkKeyScope(
  { actor }: Context,
  { name, scope, reads }: { name: string; scope: Scope; reads?: boolean },
): void {
  if (scope !== 'public') requireKeyScope(actor, keyScopeOf(name, reads === true));
}

/**
 * Whether a key that is confined to parts of the product may what needs this scope; null: nothing is needed. Undefined:
 * no scope opens it. Throws DomainError `forbidden`.
 */
export function requireKeyScope(actor: Actor, needed: KeyScope | null | undefined): void {
  if (actor.kind !== 'api-key' || actor.scopes === null || needed === null) return;
  if (needed === undefined)
    throw new DomainError('forbidden', 'This is not for API keys with scopes; no scope opens it.');
  if (!coversScope(actor.scopes, needed))
    throw new DomainError('forbidden', `This needs the scope ${needed}, which the API key does not have.`);
}

export function parseInput<I extends z.ZodType>(schema: I, input: unknown): z.output<I> {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  throw new DomainError('invalid', 'The request does not fit.', {
    fields: result.error.issues.map((issue) => ({ path: issue.path.join('.'), message: issue.message })),
  });
}

function contextFor<S extends Scope>(
  ctx: Context,
  db: OperationContext['db'],
  makeLog: () => OperationContext['log'],
): ContextOf<S> {
  let log: OperationContext['log'] | undefined;
  const extended: OperationContext = {
    ...ctx,
    // A process of ours stands above the roles.
    role: ctx.actor.kind === 'system' ? 'superuser' : ctx.role,
    db,
    // Most operations write no line, and a logger of one's own takes longer than many of them.
    get log() {
      log ??= makeLog();
      return log;
    },
    emit: async (name, payload, options = {}) => {
      await db.insert(outbox).values({
        name,
        payload: messages[name].parse(payload),
        key: options.key ?? null,
        delayMs: options.delayMs ?? 0,
      });
    },
  };
  // checkScope has made sure that workspaceId and role are there for role scopes.
  return extended as ContextOf<S>;
}

async function writeAudit(
  tx: Transaction,
  ctx: Context,
  operationName: string,
  audit: { target?: string; workspaceId?: string; details?: Record<string, unknown> },
): Promise<void> {
  if (ctx.actor.kind === 'system' && audit.target === undefined) return;
  await tx.insert(auditLog).values({
    workspaceId: audit.workspaceId ?? ctx.workspaceId,
    actorKind: ctx.actor.kind,
    actorId:
      ctx.actor.kind === 'user'
        ? ctx.actor.userId
        : ctx.actor.kind === 'api-key'
          ? ctx.actor.apiKeyId
          : ctx.actor.kind === 'system'
            ? ctx.actor.process
            : null,
    surface: ctx.surface,
    operation: operationName,
    target: audit.target ?? null,
    details: audit.details ?? {},
    ip: ctx.ip,
  });
}
