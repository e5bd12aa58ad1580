import { z } from 'zod';
import {
  newPasswordField,
  requestEmailVerification,
  requestPasswordReset,
  resendEmailVerification,
  resetPassword,
  verifyEmail,
} from '../../../../core/users/index.ts';
import { route } from '../../../http/route.ts';
import { acceptedOut } from '../schemas/account.ts';
import { limit, subjectLimit } from './auth.ts';

/** A mail to somebody who may not want it. */
const mailLimit = { ...subjectLimit, name: 'auth-mail', points: 3, durationMs: 900_000 };

/** Who is written to. Not checked any further: the answer must not depend on it. */
const addressBody = z.object({ email: z.string().trim().min(1, 'must not be empty').max(320) });

const forgotRoute = route({
  method: 'post',
  path: '/auth/forgot-password',
  operationId: 'forgotPassword',
  summary: 'Mail a link to a new password; the answer is the same for an unknown address',
  auth: 'public',
  status: 202,
  limit,
  subjectLimit: mailLimit,
  body: addressBody.meta({ id: 'ForgotPassword' }),
  returns: acceptedOut,
  handle: async ({ ctx, body }) => {
    await requestPasswordReset(ctx, body);
    return { detail: 'If there is an account with this address, a link is on its way to it.' };
  },
});

const resetRoute = route({
  method: 'post',
  path: '/auth/reset-password',
  operationId: 'resetPassword',
  summary: 'Set a new password with the token from the mail; signs out everywhere',
  auth: 'public',
  status: 204,
  limit,
  body: z
    .object({
      token: z.string().min(1).max(500),
      password: newPasswordField.meta({ format: 'password' }),
    })
    .meta({ id: 'ResetPassword' }),
  handle: async ({ ctx, body }) => {
    await resetPassword(ctx, body);
    return undefined;
  },
});

const verifyRoute = route({
  method: 'post',
  path: '/auth/verify-email',
  operationId: 'verifyEmail',
  summary: 'Confirm the address with the token from the mail',
  auth: 'public',
  status: 204,
  limit,
  body: z.object({ token: z.string().min(1).max(500) }).meta({ id: 'VerifyEmail' }),
  handle: async ({ ctx, body }) => {
    await verifyEmail(ctx, body);
    return undefined;
  },
});

const askAgainRoute = route({
  method: 'post',
  path: '/auth/verify-email/request',
  operationId: 'requestVerification',
  summary:
    'Mail the link that confirms an address again, to somebody who cannot sign in without; the answer is always the same',
  auth: 'public',
  status: 202,
  limit,
  subjectLimit: mailLimit,
  body: addressBody.meta({ id: 'RequestVerification' }),
  returns: acceptedOut,
  handle: async ({ ctx, body }) => {
    await resendEmailVerification(ctx, body);
    return { detail: 'If this address waits to be confirmed, a link is on its way to it.' };
  },
});

const resendRoute = route({
  method: 'post',
  path: '/auth/verify-email/resend',
  operationId: 'resendVerification',
  summary: 'Mail the link that confirms the address again',
  auth: 'session',
  status: 204,
  errors: [403],
  limit: { name: 'auth-resend', points: 5, durationMs: 900_000 },
  handle: async ({ ctx }) => {
    await requestEmailVerification(ctx, {});
    return undefined;
  },
});

export const mailedLinkRoutes = [forgotRoute, resetRoute, verifyRoute, askAgainRoute, resendRoute];
