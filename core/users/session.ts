import { and, asc, eq } from 'drizzle-orm';
import type { Database, Transaction } from '../../db/client.ts';
import { memberships } from '../../db/schema/memberships.ts';
import { refreshTokens } from '../../db/schema/refresh-tokens.ts';
import type { users } from '../../db/schema/users.ts';
import { workspaces } from '../../db/schema/workspaces.ts';
import { randomToken, sha256 } from '../../platform/crypto.ts';
import { newId } from '../../platform/ids.ts';
import type { OperationContext, Role } from '../context.ts';
import { DomainError } from '../errors.ts';
import { accessTtlMs, issueAccessToken, refreshTtlMs } from './tokens.ts';

type UserRow = typeof users.$inferSelect;
/** A user as anybody may see it. */
export type User = Omit<UserRow, 'passwordHash'>;

export function withoutPasswordHash({ passwordHash: _, ...user }: UserRow): User {
  return user;
}

/** An access token and for whom it is. */
export interface AccessSession {
  readonly user: User;
  readonly workspaceId: string | null;
  readonly role: Role | null;
  readonly accessToken: string;
  readonly accessTtlMs: number;
}

export interface Session extends AccessSession {
  readonly refreshToken: string;
  readonly refreshTtlMs: number;
}

/** The role of a user in a workspace as of now; null when there is none. A superuser has one everywhere. */
export async function roleIn(
  db: Database | Transaction,
  user: Pick<UserRow, 'id' | 'isSuperuser'>,
  workspaceId: string,
): Promise<Role | null> {
  if (user.isSuperuser) {
    const [workspace] = await db
      .select({ id: workspaces.id })
      .from(workspaces)
      .where(eq(workspaces.id, workspaceId));
    return workspace ? 'superuser' : null;
  }
  const [membership] = await db
    .select({ role: memberships.role })
    .from(memberships)
    .where(and(eq(memberships.userId, user.id), eq(memberships.workspaceId, workspaceId)));
  return membership?.role ?? null;
}

/** Where a sign-in lands: the workspace the user was in last, else the oldest one, else none. */
export async function landingWorkspace(
  db: Database | Transaction,
  user: UserRow,
): Promise<{ workspaceId: string | null; role: Role | null }> {
  if (user.activeWorkspaceId !== null) {
    const role = await roleIn(db, user, user.activeWorkspaceId);
    if (role !== null) return { workspaceId: user.activeWorkspaceId, role };
  }
  const [first] = await db
    .select()
    .from(memberships)
    .where(eq(memberships.userId, user.id))
    .orderBy(asc(memberships.createdAt), asc(memberships.workspaceId))
    .limit(1);
  if (!first) return { workspaceId: null, role: null };
  return { workspaceId: first.workspaceId, role: user.isSuperuser ? 'superuser' : first.role };
}

type SessionContext = Pick<OperationContext, 'db' | 'services' | 'ip'>;

export async function issueAccess(ctx: SessionContext, user: UserRow): Promise<AccessSession> {
  const { workspaceId, role } = await landingWorkspace(ctx.db, user);
  return {
    user: withoutPasswordHash(user),
    workspaceId,
    role,
    accessToken: await issueAccessToken(ctx.services, {
      userId: user.id,
      workspaceId,
      role,
      validAfter: user.tokensValidAfter,
    }),
    accessTtlMs,
  };
}

/** Whether nothing but the right password stands between somebody and their account. */
export const mayEnter = (
  { services }: Pick<SessionContext, 'services'>,
  { emailVerifiedAt }: Pick<UserRow, 'emailVerifiedAt'>,
): boolean => emailVerifiedAt !== null || services.requiresConfirmedEmail !== true;

/**
 * Throws unauthenticated where an address must be confirmed and is not. Both tokens. `familyId` is the sign-in that a
 * refresh belongs to; without one a new sign-in begins.
 */
export async function issueSession(
  ctx: SessionContext,
  user: UserRow,
  { userAgent, familyId = newId() }: { userAgent: string; familyId?: string },
): Promise<Session> {
  if (!mayEnter(ctx, user))
    throw new DomainError(
      'unauthenticated',
      'Confirm your e-mail address first, by the link that was mailed to it.',
    );
  const refreshToken = randomToken();
  await ctx.db.insert(refreshTokens).values({
    userId: user.id,
    familyId,
    tokenHash: sha256(refreshToken),
    expiresAt: new Date(Date.now() + refreshTtlMs),
    userAgent,
    ip: ctx.ip,
  });
  return { ...(await issueAccess(ctx, user)), refreshToken, refreshTtlMs };
}
