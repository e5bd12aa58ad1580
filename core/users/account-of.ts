import { eq, or, sql } from 'drizzle-orm';
import { users } from '../../db/schema/users.ts';
import type { OperationContext } from '../context.ts';
import { DomainError } from '../errors.ts';
import type { IdentityClaims } from '../ports.ts';
import { openAccount } from './open-account.ts';
import { endAllSessions } from './sessions.ts';
import { revokeUnprovenKeys } from './unproven-keys.ts';

type User = typeof users.$inferSelect;
/** The column with a provider's own id of the person. */
type SubjectColumn = 'googleSubject' | 'oidcSubject';

/**
 * The account of somebody for whom an identity provider vouches: the one it knows, else the one with the address, else
 * a new one. Throws unauthenticated for an address that the provider has not confirmed. Whoever calls it forgets known
 * keys when it is committed: an account that changes hands loses its own.
 */
export async function accountOf(
  ctx: OperationContext,
  column: SubjectColumn,
  claims: IdentityClaims,
): Promise<User> {
  const { subject, email, name } = claims;
  const found = await ctx.db
    .select()
    .from(users)
    .where(or(eq(users[column], subject), eq(sql`lower(${users.email})`, email)));
  const known = found.find((user) => user[column] === subject);
  if (known) return known;
  if (!claims.emailVerified)
    throw new DomainError(
      'unauthenticated',
      'The provider has not confirmed the e-mail address of this account.',
    );
  const [same] = found;
  if (same) return link(ctx, same, column, subject);
  return openAccount(ctx, { email, name, [column]: subject, emailVerifiedAt: new Date() });
}

async function link(
  ctx: OperationContext,
  user: User,
  column: SubjectColumn,
  subject: string,
): Promise<User> {
  if (user[column] !== null)
    throw new DomainError('conflict', 'This e-mail address belongs to another account of the provider here.');
  // Whoever signed up with an address that they do not read must not keep a way in.
  const isProven = user.emailVerifiedAt !== null;
  if (!isProven) {
    await endAllSessions(ctx, user.id);
    await revokeUnprovenKeys(ctx, user);
  }
  const [linked] = await ctx.db
    .update(users)
    .set({
      [column]: subject,
      emailVerifiedAt: user.emailVerifiedAt ?? new Date(),
      ...(isProven ? {} : { passwordHash: null }),
    })
    .where(eq(users.id, user.id))
    .returning();
  if (!linked) throw new Error('The update of a user returned nothing.');
  return linked;
}
