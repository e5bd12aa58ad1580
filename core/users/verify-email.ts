import { eq } from 'drizzle-orm';
import { z } from 'zod';
import { users } from '../../db/schema/users.ts';
import type { OperationContext } from '../context.ts';
import { queueEmail } from '../mail/queue-email.ts';
import { operation } from '../operation.ts';
import { signedInUser } from './current-user.ts';
import { issueEmailToken, redeemEmailToken } from './email-tokens.ts';
import { anyEmail, findByEmail } from './find-by-email.ts';

type User = typeof users.$inferSelect;

/** Mails a link that proves that the person reads this address. */
export async function mailVerification(ctx: OperationContext, user: User): Promise<void> {
  const token = await issueEmailToken(ctx, user, 'verify_email');
  await queueEmail(ctx, {
    to: user.email,
    subject: 'Confirm your e-mail address',
    text: [
      'Somebody, probably you, signed up for Trunkline with this address.',
      `Confirm it here within three days:\n${ctx.services.publicUrl}/account/verify-email?token=${token}`,
      'If it was not you, do nothing.',
    ].join('\n\n'),
  });
}

/** Mails the link again. Nothing happens when the address is confirmed already. */
export const requestEmailVerification = operation({
  name: 'user.request_email_verification',
  scope: 'session',
  input: z.object({}),
  run: async (ctx): Promise<void> => {
    const user = await signedInUser(ctx);
    if (user.emailVerifiedAt === null) await mailVerification(ctx, user);
  },
});

/** The same for somebody who cannot sign in yet. Whoever asks learns nothing about the address. */
export const resendEmailVerification = operation({
  name: 'user.resend_email_verification',
  scope: 'public',
  input: z.object({ email: anyEmail }),
  run: async (ctx, { email }): Promise<void> => {
    const user = await findByEmail(ctx, email);
    if (user && user.emailVerifiedAt === null) await mailVerification(ctx, user);
  },
});

/** Throws invalid for a link that is used, expired or for an address that the person has given up. */
export const verifyEmail = operation({
  name: 'user.verify_email',
  scope: 'public',
  input: z.object({ token: z.string().min(1).max(500) }),
  audit: (_input, userId: string) => ({ target: userId }),
  run: async (ctx, { token }): Promise<string> => {
    const user = await redeemEmailToken(ctx, token, 'verify_email');
    await ctx.db.update(users).set({ emailVerifiedAt: new Date() }).where(eq(users.id, user.id));
    return user.id;
  },
});
