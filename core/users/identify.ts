import { and, eq, isNull, lt, or } from 'drizzle-orm';
import { apiKeys } from '../../db/schema/api-keys.ts';
import { users } from '../../db/schema/users.ts';
import { sha256 } from '../../platform/crypto.ts';
import type { Actor, Services } from '../context.ts';
import { DomainError } from '../errors.ts';
import { identifyByForeignToken } from './identify-foreign.ts';
import type { Identity } from './identity.ts';
import { recallKey, rememberKey } from './known-keys.ts';
import { roleIn } from './session.ts';
import { readAccessToken } from './tokens.ts';

/**
 * The user of an access token with the role they have at this moment. Somebody who is not a member any more keeps
 * being somebody, without a workspace. Throws unauthenticated.
 */
export async function identifyByToken(services: Services, accessToken: string): Promise<Identity> {
  const foreign = await identifyByForeignToken(services, accessToken);
  if (foreign !== undefined) return foreign;
  const { sub, ws, at } = await readAccessToken(services, accessToken);
  const [user] = await services.db.select().from(users).where(eq(users.id, sub));
  if (!user) throw new DomainError('unauthenticated', 'This account does not exist any more.');
  if (user.tokensValidAfter !== null && at <= user.tokensValidAfter.getTime())
    throw new DomainError('unauthenticated', 'This sign-in has been ended. Sign in again.');
  const actor: Actor = { kind: 'user', userId: user.id };
  const role = ws === null ? null : await roleIn(services.db, user, ws);
  return role === null ? { actor, workspaceId: null, role: null } : { actor, workspaceId: ws, role };
}

const usedAgainAfterMs = 60_000;

/** The workspace of an API key. Throws unauthenticated for an unknown or revoked one. */
export async function identifyByApiKey(services: Services, key: string): Promise<Identity> {
  const hash = sha256(key);
  const known = recallKey(services.db, hash);
  if (known !== undefined) return known;
  const lookedUpAt = Date.now();
  const [row] = key.startsWith('tk_')
    ? await services.db
        .select()
        .from(apiKeys)
        .where(and(eq(apiKeys.keyHash, hash), isNull(apiKeys.revokedAt)))
    : [];
  if (!row) throw new DomainError('unauthenticated', 'The API key is unknown or revoked.');
  await noteUse(services, row);
  const identity: Identity = {
    actor: { kind: 'api-key', apiKeyId: row.id, userId: row.createdBy, scopes: row.scopes },
    workspaceId: row.workspaceId,
    role: row.role,
  };
  rememberKey(services.db, hash, identity, lookedUpAt);
  return identity;
}

/** Once a minute is enough to see that a key is in use, and keeps a busy key from being one hot row. */
async function noteUse(services: Services, row: typeof apiKeys.$inferSelect): Promise<void> {
  const now = new Date();
  const stale = new Date(now.getTime() - usedAgainAfterMs);
  if (row.lastUsedAt !== null && row.lastUsedAt >= stale) return;
  await services.db
    .update(apiKeys)
    .set({ lastUsedAt: now })
    .where(and(eq(apiKeys.id, row.id), or(isNull(apiKeys.lastUsedAt), lt(apiKeys.lastUsedAt, stale))));
}
