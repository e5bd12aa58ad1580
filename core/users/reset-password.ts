import { eq } from 'drizzle-orm';
import { z } from 'zod';
import { users } from '../../db/schema/users.ts';
import { queueEmail } from '../mail/queue-email.ts';
import { operation } from '../operation.ts';
import { issueEmailToken, redeemEmailToken } from './email-tokens.ts';
import { anyEmail, findByEmail } from './find-by-email.ts';
import { forgetKeys } from './known-keys.ts';
import { hashPassword, newPasswordField } from './passwords.ts';
import { endAllSessions } from './sessions.ts';
import { revokeUnprovenKeys } from './unproven-keys.ts';

/** Mails a link to a new password. Whoever asks learns nothing: an unknown address gets the same answer. */
export const requestPasswordReset = operation({
  name: 'user.request_password_reset',
  scope: 'public',
  input: z.object({ email: anyEmail }),
  run: async (ctx, { email }): Promise<void> => {
    const user = await findByEmail(ctx, email);
    if (!user) return;
    const token = await issueEmailToken(ctx, user, 'reset_password');
    await queueEmail(ctx, {
      to: user.email,
      subject: 'A new password',
      text: [
        'Somebody, probably you, asked for a new password for Trunkline.',
        `Choose it here within an hour:\n${ctx.services.publicUrl}/account/reset-password?token=${token}`,
        'If it was not you, do nothing: your password stays as it is.',
      ].join('\n\n'),
    });
  },
});

/**
 * Sets the password and signs the person out everywhere. The link came by mail, so the address is confirmed too, and
 * keys from before that are revoked: they may be those of somebody who does not read it.
 */
export const resetPassword = operation({
  name: 'user.reset_password',
  scope: 'public',
  input: z.object({ token: z.string().min(1).max(500), password: newPasswordField }),
  audit: (_input, userId: string) => ({ target: userId }),
  prepare: (_ctx, { password }) => hashPassword(password),
  committed: ({ services }) => forgetKeys(services.db),
  run: async (ctx, { token }, passwordHash): Promise<string> => {
    const user = await redeemEmailToken(ctx, token, 'reset_password');
    await ctx.db
      .update(users)
      .set({ passwordHash, emailVerifiedAt: user.emailVerifiedAt ?? new Date() })
      .where(eq(users.id, user.id));
    await endAllSessions(ctx, user.id);
    await revokeUnprovenKeys(ctx, user);
    return user.id;
  },
});
