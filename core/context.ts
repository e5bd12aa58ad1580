import type { Database, Transaction } from '../db/client.ts';
import type { Sealer } from '../platform/crypto.ts';
import type { Logger } from '../platform/log.ts';
import type { MessageInput, MessageName } from './messages.ts';
import type { Ports } from './ports.ts';

/** member < developer < admin; a superuser may everything everywhere. */
export type Role = 'member' | 'developer' | 'admin' | 'superuser';

export type Actor =
  | { readonly kind: 'anonymous' }
  | { readonly kind: 'user'; readonly userId: string }
  | {
      readonly kind: 'api-key';
      readonly apiKeyId: string;
      readonly userId: string | null;
      /** What the key is confined to; null: whatever its role may. */
      readonly scopes: readonly string[] | null;
    }
  /** A process of ours: jobs, the internal routes that workers call, seeding. */
  | { readonly kind: 'system'; readonly process: string };

/** What a process builds once. */
export interface Services {
  readonly db: Database;
  readonly ports: Ports;
  readonly sealer: Sealer;
  readonly log: Logger;
  /** Base URL that outsiders use; without a slash at the end. */
  readonly publicUrl: string;
  /** Signs access tokens (HS256). */
  readonly authSecret: string;
  /** Nobody signs in before they have confirmed their e-mail address. */
  readonly requiresConfirmedEmail?: boolean;
  /** Epoch milliseconds; left out: what the machine's clock shows. A simulation has a clock of its own. */
  readonly clock?: () => number;
}

/** Who calls an operation, from where. One per request, job or command. */
export interface Context {
  readonly services: Services;
  readonly actor: Actor;
  readonly workspaceId: string | null;
  readonly role: Role | null;
  /** operator, talk, comms, numbers, runtime, internal, jobs, cli. */
  readonly surface: string;
  readonly requestId: string;
  readonly ip: string | null;
}

/** What an operation's `run` gets: the caller, plus the transaction and the two things that go with it. */
export interface OperationContext extends Context {
  /** The open transaction of a changing operation; the pool for a reading one. */
  readonly db: Database | Transaction;
  readonly log: Logger;
  /** Puts a message into the outbox: it is sent if, and only if, the transaction commits. */
  emit<N extends MessageName>(
    name: N,
    payload: MessageInput<N>,
    options?: { readonly key?: string; readonly delayMs?: number },
  ): Promise<void>;
}

/** An operation that needs a workspace declares a role as its scope, so the gate has made sure there is one. */
export interface WorkspaceContext extends OperationContext {
  readonly workspaceId: string;
  readonly role: Role;
}

/** The moment it is for an operation; epoch milliseconds. */
export const nowMs = ({ services }: Pick<Context, 'services'>): number => services.clock?.() ?? Date.now();

export function systemContext(
  services: Services,
  process: string,
  workspaceId: string | null = null,
): Context {
  return {
    services,
    actor: { kind: 'system', process },
    workspaceId,
    role: null,
    surface: process,
    requestId: process,
    ip: null,
  };
}

/** Nobody in particular, before anything is known about a caller. */
export const anonymousContext = (services: Services): Context => ({
  services,
  actor: { kind: 'anonymous' },
  workspaceId: null,
  role: null,
  surface: 'internal',
  requestId: 'identify',
  ip: null,
});
