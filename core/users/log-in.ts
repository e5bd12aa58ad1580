import { and, eq } from 'drizzle-orm';
import { z } from 'zod';
import { users } from '../../db/schema/users.ts';
import type { Context } from '../context.ts';
import { DomainError } from '../errors.ts';
import { operation } from '../operation.ts';
import { anyEmail, findByEmail } from './find-by-email.ts';
import { passwordFits } from './passwords.ts';
import { issueSession, mayEnter, type Session } from './session.ts';

const input = z.object({
  email: anyEmail,
  password: z.string().min(1).max(1_000),
  userAgent: z.string().default(''),
});

/** One sentence for all reasons: who signs up with somebody else's address must not learn whether it has an account. */
const refusal = ({ services }: Pick<Context, 'services'>): string =>
  services.requiresConfirmedEmail
    ? 'The e-mail address or the password is wrong, or the address is not confirmed yet.'
    : 'The e-mail address or the password is wrong.';

/**
 * Throws the same unauthenticated, after the same work, for an unknown e-mail, for a wrong password and for an
 * unconfirmed address.
 */
export const logIn = operation({
  name: 'user.log_in',
  scope: 'public',
  input,
  audit: (_input, { user, workspaceId }: Session) => ({
    target: user.id,
    ...(workspaceId === null ? {} : { workspaceId }),
  }),
  prepare: async (ctx, { email, password }) => {
    const user = await findByEmail(ctx, email);
    const fits = await passwordFits(user?.passwordHash, password);
    if (user && fits && mayEnter(ctx, user)) return user;
    throw new DomainError('unauthenticated', refusal(ctx));
  },
  run: async (ctx, { userAgent }, { id, passwordHash }) => {
    // To look at a password takes a while, in which it may have been changed.
    const [user] = await ctx.db
      .select()
      .from(users)
      .where(and(eq(users.id, id), eq(users.passwordHash, passwordHash ?? '')))
      .for('share');
    if (!user) throw new DomainError('unauthenticated', refusal(ctx));
    return issueSession(ctx, user, { userAgent: userAgent.slice(0, 500) });
  },
});
