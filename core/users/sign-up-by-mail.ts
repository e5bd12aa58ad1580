import { sql } from 'drizzle-orm';
import type { users } from '../../db/schema/users.ts';
import type { OperationContext } from '../context.ts';
import { queueEmail } from '../mail/queue-email.ts';
import { operation } from '../operation.ts';
import { issueEmailToken } from './email-tokens.ts';
import { findByEmail } from './find-by-email.ts';
import { openAccount } from './open-account.ts';
import { hashPassword } from './passwords.ts';
import { newAccount } from './sign-up.ts';
import { mailVerification } from './verify-email.ts';

/**
 * As signUp where addresses must be confirmed: whoever reads the address goes on from the mail, and nobody else learns
 * whether it had an account before.
 */
export const signUpByMail = operation({
  name: 'user.sign_up_by_mail',
  scope: 'public',
  input: newAccount,
  prepare: (_ctx, { password }) => hashPassword(password),
  run: async (ctx, { password: _, ...person }, passwordHash): Promise<void> => {
    // Of two at the same moment the second one finds the account of the first.
    await ctx.db.execute(sql`select pg_advisory_xact_lock(hashtextextended(${person.email}, 0))`);
    const known = await findByEmail(ctx, person.email);
    if (known) return mailReminder(ctx, known);
    await mailVerification(ctx, await openAccount(ctx, { ...person, passwordHash, emailVerifiedAt: null }));
  },
});

/** A new password confirms the address as well, and takes the account from whoever may have opened it before. */
async function mailReminder(ctx: OperationContext, user: typeof users.$inferSelect): Promise<void> {
  const token = await issueEmailToken(ctx, user, 'reset_password');
  await queueEmail(ctx, {
    to: user.email,
    subject: 'You have an account already',
    text: [
      'Somebody, probably you, signed up for Trunkline with this address. It has an account already: sign in with it.',
      `If you do not know its password, choose a new one within an hour:\n${ctx.services.publicUrl}/account/reset-password?token=${token}`,
      'If it was not you, do nothing: your account stays as it is.',
    ].join('\n\n'),
  });
}
