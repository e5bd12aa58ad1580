import { eq, sql } from 'drizzle-orm';
import { z } from 'zod';
import { users } from '../../db/schema/users.ts';
import { DomainError } from '../errors.ts';
import { operation } from '../operation.ts';
import { passwordFits } from './passwords.ts';
import { issueSession, type Session } from './session.ts';

const input = z.object({
  email: z.string().trim().toLowerCase().min(1).max(320),
  password: z.string().min(1).max(1_000),
  userAgent: z.string().default(''),
});

/** Throws the same unauthenticated, after the same work, for an unknown e-mail and for a wrong password. */
export const logIn = operation({
  name: 'user.log_in',
  scope: 'public',
  input,
  audit: (_input, { user, workspaceId }: Session) => ({
    target: user.id,
    ...(workspaceId === null ? {} : { workspaceId }),
  }),
  prepare: async (ctx, { email, password }) => {
    const [user] = await ctx.db
      .select()
      .from(users)
      .where(eq(sql`lower(${users.email})`, email));
    const fits = await passwordFits(user?.passwordHash, password);
    if (user && fits) return user;
    throw new DomainError('unauthenticated', 'The e-mail address or the password is wrong.');
  },
  run: (ctx, { userAgent }, user) => issueSession(ctx, user, { userAgent: userAgent.slice(0, 500) }),
});
