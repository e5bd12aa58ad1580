import { and, eq, gt, isNull } from 'drizzle-orm';
import { z } from 'zod';
import type { Transaction } from '../../db/client.ts';
import { refreshTokens } from '../../db/schema/refresh-tokens.ts';
import { users } from '../../db/schema/users.ts';
import { sha256 } from '../../platform/crypto.ts';
import { DomainError } from '../errors.ts';
import { operation } from '../operation.ts';
import { issueSession, type Session } from './session.ts';

const input = z.object({
  refreshToken: z.string().min(1).max(500),
  userAgent: z.string().default(''),
});

/**
 * Trades a refresh token for a new pair. A token that comes a second time was stolen or copied: then every token of
 * that sign-in is revoked, unless it was traded just now: two windows ask at the same moment, and answers are lost.
 * Throws unauthenticated.
 */
export const refreshSession = operation({
  name: 'user.refresh_session',
  scope: 'public',
  input,
  // Its own transaction: the revocation has to stay although the caller is refused.
  reads: true,
  run: async (ctx, { refreshToken, userAgent }): Promise<Session> => {
    const session = await ctx.services.db.transaction(async (tx) => {
      const tokenHash = sha256(refreshToken);
      const user = await ownerOf(tx, tokenHash);
      const claimed = user && (await claim(tx, tokenHash));
      if (!user || !claimed) return null;
      return issueSession({ ...ctx, db: tx }, user, {
        userAgent: userAgent.slice(0, 500),
        familyId: claimed.familyId,
      });
    });
    if (session) return session;
    throw new DomainError('unauthenticated', 'The session is over. Sign in again.');
  },
});

/** Whoever ends all sign-ins waits for us or we for them (endAllSessions): no token is made that they do not see. */
async function ownerOf(tx: Transaction, tokenHash: string): Promise<typeof users.$inferSelect | undefined> {
  const [found] = await tx
    .select({ user: users })
    .from(users)
    .innerJoin(refreshTokens, eq(refreshTokens.userId, users.id))
    .where(eq(refreshTokens.tokenHash, tokenHash))
    .for('share', { of: users });
  return found?.user;
}

/** How soon after its first use a second one is only refused. */
const graceMs = 10_000;

/** Marks the token as used; of two requests at the same moment one gets it. */
async function claim(tx: Transaction, tokenHash: string): Promise<{ familyId: string } | null> {
  const now = new Date();
  const [claimed] = await tx
    .update(refreshTokens)
    .set({ usedAt: now })
    .where(
      and(
        eq(refreshTokens.tokenHash, tokenHash),
        isNull(refreshTokens.usedAt),
        isNull(refreshTokens.revokedAt),
        gt(refreshTokens.expiresAt, now),
      ),
    )
    .returning();
  if (claimed) return claimed;
  const [known] = await tx.select().from(refreshTokens).where(eq(refreshTokens.tokenHash, tokenHash));
  if (known && known.usedAt !== null && now.getTime() - known.usedAt.getTime() > graceMs)
    await revokeFamily(tx, known.familyId);
  return null;
}

export async function revokeFamily(tx: Pick<Transaction, 'update'>, familyId: string): Promise<void> {
  await tx
    .update(refreshTokens)
    .set({ revokedAt: new Date() })
    .where(and(eq(refreshTokens.familyId, familyId), isNull(refreshTokens.revokedAt)));
}
