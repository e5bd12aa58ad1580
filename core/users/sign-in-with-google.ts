import { z } from 'zod';
import { DomainError } from '../errors.ts';
import { operation } from '../operation.ts';
import type { IdentityClaims } from '../ports.ts';
import { accountOf } from './account-of.ts';
import { forgetKeys } from './known-keys.ts';
import { issueSession, type Session } from './session.ts';

const input = z.object({ idToken: z.string().min(1).max(10_000), userAgent: z.string().default('') });

/**
 * Signs in whom Google vouches for, and opens an account at the first time. Throws unauthenticated for a token that is
 * not Google's, not for us, or of an address that Google has not confirmed; unavailable when it is not configured.
 */
export const signInWithGoogle = operation({
  name: 'user.sign_in_with_google',
  scope: 'public',
  input,
  audit: (_input, { user, workspaceId }: Session) => ({
    target: user.id,
    ...(workspaceId === null ? {} : { workspaceId }),
  }),
  committed: ({ services }) => forgetKeys(services.db),
  prepare: (ctx, { idToken }): Promise<IdentityClaims> => {
    const { google } = ctx.services.ports;
    if (google !== null) return google.verify(idToken);
    throw new DomainError(
      'unavailable',
      'Google sign-in is not configured here: GOOGLE_CLIENT_ID is not set.',
    );
  },
  run: async (ctx, { userAgent }, claims) =>
    issueSession(ctx, await accountOf(ctx, 'googleSubject', claims), { userAgent: userAgent.slice(0, 500) }),
});
