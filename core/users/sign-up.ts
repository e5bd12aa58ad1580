import { z } from 'zod';
import { emailField } from '../fields.ts';
import { operation } from '../operation.ts';
import { openAccount } from './open-account.ts';
import { hashPassword, newPasswordField } from './passwords.ts';
import { issueSession, type Session } from './session.ts';
import { mailVerification } from './verify-email.ts';

export const newAccount = z.object({
  email: emailField,
  password: newPasswordField,
  name: z.string().trim().max(200).default(''),
  workspaceName: z.string().trim().max(200).default(''),
});

const input = newAccount.extend({
  userAgent: z.string().default(''),
  /** Nobody has to confirm the address: who sets up the machine makes it up. Never from outside. */
  isConfirmed: z.boolean().default(false),
});

/**
 * Makes a user, a workspace and the user its admin, all or nothing, and mails a link to confirm the address. Throws
 * conflict for an e-mail in use.
 */
export const signUp = operation({
  name: 'user.sign_up',
  scope: 'public',
  input,
  audit: (_input, { user, workspaceId }: Session) => ({
    target: user.id,
    ...(workspaceId === null ? {} : { workspaceId }),
  }),
  prepare: (_ctx, { password }) => hashPassword(password),
  run: async (ctx, { isConfirmed, userAgent, password: _, ...person }, passwordHash) => {
    const emailVerifiedAt = isConfirmed ? new Date() : null;
    const user = await openAccount(ctx, { ...person, passwordHash, emailVerifiedAt });
    if (!isConfirmed) await mailVerification(ctx, user);
    return issueSession(ctx, user, { userAgent: userAgent.slice(0, 500) });
  },
});
