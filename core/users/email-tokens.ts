import { and, eq, gt, isNull } from 'drizzle-orm';
import { emailTokens } from '../../db/schema/email-tokens.ts';
import { users } from '../../db/schema/users.ts';
import { randomToken, sha256 } from '../../platform/crypto.ts';
import type { OperationContext } from '../context.ts';
import { DomainError } from '../errors.ts';

type Purpose = (typeof emailTokens.$inferSelect)['purpose'];
type User = typeof users.$inferSelect;

const ttlMs: Record<Purpose, number> = { verify_email: 3 * 86_400_000, reset_password: 3_600_000 };

/** A token for a link to this person's address. Those that went out before for the same purpose stop working. */
export async function issueEmailToken(
  { db }: Pick<OperationContext, 'db'>,
  user: Pick<User, 'id' | 'email'>,
  purpose: Purpose,
): Promise<string> {
  await voidEmailTokens({ db }, user.id, purpose);
  const token = randomToken();
  await db.insert(emailTokens).values({
    userId: user.id,
    purpose,
    email: user.email,
    tokenHash: sha256(token),
    expiresAt: new Date(Date.now() + ttlMs[purpose]),
  });
  return token;
}

export async function voidEmailTokens(
  { db }: Pick<OperationContext, 'db'>,
  userId: string,
  purpose: Purpose,
): Promise<void> {
  await db
    .update(emailTokens)
    .set({ usedAt: new Date() })
    .where(and(eq(emailTokens.userId, userId), eq(emailTokens.purpose, purpose), isNull(emailTokens.usedAt)));
}

/** Uses a token up and answers whose it is. Throws invalid, naming the field `token`. */
export async function redeemEmailToken(
  { db }: Pick<OperationContext, 'db'>,
  token: string,
  purpose: Purpose,
): Promise<User> {
  const now = new Date();
  const [redeemed] = await db
    .update(emailTokens)
    .set({ usedAt: now })
    .where(
      and(
        eq(emailTokens.tokenHash, sha256(token)),
        eq(emailTokens.purpose, purpose),
        isNull(emailTokens.usedAt),
        gt(emailTokens.expiresAt, now),
      ),
    )
    .returning();
  const [user] = redeemed ? await db.select().from(users).where(eq(users.id, redeemed.userId)) : [];
  if (user && user.email === redeemed?.email) return user;
  throw new DomainError('invalid', 'The link is not valid any more. Ask for a new one.', {
    fields: [{ path: 'token', message: 'used, expired or unknown' }],
  });
}
