import type Koa from 'koa';
import { z } from 'zod';
import type { Context } from '../../../../core/context.ts';
import { DomainError } from '../../../../core/errors.ts';
import { emailField } from '../../../../core/fields.ts';
import {
  getMe,
  listKnownAddresses,
  logIn,
  logOut,
  newPasswordField,
  refreshSession,
  type Session,
  signInWithGoogle,
  signUp,
  signUpByMail,
} from '../../../../core/users/index.ts';
import { sha256 } from '../../../../platform/crypto.ts';
import { isRecord } from '../../../../platform/is-record.ts';
import { readCookie } from '../../../http/cookies.ts';
import { networkOf } from '../../../http/rate-limits.ts';
import { setStatus } from '../../../http/request-log.ts';
import { route } from '../../../http/route.ts';
import { authenticateLeaver, refreshCookie, refuseForeignWrite } from '../authenticate.ts';
import { presentMe, presentSession } from '../presenters/account.ts';
import { acceptedOut, meOut, sessionOut } from '../schemas/account.ts';
import { clearCookies, setAccessCookie, setRefreshCookie } from '../session-cookies.ts';

export const limit = { name: 'auth', points: 30, durationMs: 60_000 };
const accountIn = (body: unknown): string | undefined =>
  isRecord(body) && typeof body.email === 'string'
    ? sha256(body.email.trim().toLowerCase()).slice(0, 32)
    : undefined;

/** However many addresses a guesser has: one account gets so many tries. */
export const subjectLimit = {
  name: 'auth-account',
  points: 10,
  durationMs: 300_000,
  of: accountIn,
};
/** Where somebody has signed in before is counted by itself, so that no guesser elsewhere keeps them out. */
const logInLimit = {
  ...subjectLimit,
  of: async (body: unknown, ctx: Context): Promise<string | undefined> => {
    const account = accountIn(body);
    const email = emailField.safeParse(isRecord(body) ? body.email : undefined);
    if (account === undefined || !email.success) return account;
    const here = networkOf(ctx.ip ?? '');
    const known = await listKnownAddresses(ctx, { email: email.data });
    return known.some((ip) => networkOf(ip) === here) ? `${account} ${here}` : account;
  },
};
/** Signing up may send a mail to somebody who does not want it. */
const signUpLimit = { ...subjectLimit, name: 'auth-signup', durationMs: 900_000 };
const refreshBody = z.object({ refresh_token: z.string().min(1).max(500).optional() }).optional();

const userAgent = (koa: Koa.Context): string => koa.get('User-Agent');

function signedIn(ctx: Context, koa: Koa.Context, session: Session) {
  setAccessCookie(ctx, koa, session);
  setRefreshCookie(ctx, koa, session);
  return presentSession(session);
}

const signUpRoute = route({
  method: 'post',
  path: '/auth/signup',
  operationId: 'signUp',
  summary: 'Register; makes a workspace with the user as its admin, and signs in',
  description:
    'Where addresses must be confirmed, 202 with a sentence instead of a session, whether or not the address had an account: a mail says how to go on.',
  auth: 'public',
  status: 201,
  otherStatus: 202,
  errors: [409],
  limit,
  subjectLimit: signUpLimit,
  body: z
    .object({
      email: emailField.meta({ type: 'string', format: 'email' }),
      password: newPasswordField.meta({ format: 'password' }),
      name: z.string().trim().max(200).optional(),
      workspace_name: z.string().trim().max(200).optional(),
    })
    .meta({ id: 'SignUp' }),
  returns: z.union([sessionOut, acceptedOut]),
  wireNames: { workspaceName: 'workspace_name' },
  handle: async ({ ctx, body, koa }) => {
    const { workspace_name: workspaceName, ...person } = body;
    if (ctx.services.requiresConfirmedEmail) {
      await signUpByMail(ctx, { ...person, workspaceName });
      setStatus(koa, 202);
      return { detail: 'A mail is on its way to this address. It says how to go on.' };
    }
    return signedIn(ctx, koa, await signUp(ctx, { ...person, workspaceName, userAgent: userAgent(koa) }));
  },
});

const logInRoute = route({
  method: 'post',
  path: '/auth/login',
  operationId: 'logIn',
  summary: 'Sign in with e-mail and password',
  description:
    'Ten tries in five minutes for one account, from wherever they come (429 with Retry-After); a network from which it was signed in to within thirty days has ten of its own.',
  auth: 'public',
  status: 200,
  errors: [401],
  limit,
  subjectLimit: logInLimit,
  body: z
    .object({
      email: z.string().trim().min(1, 'must not be empty').max(320),
      password: z.string().min(1, 'must not be empty').max(1_000).meta({ format: 'password' }),
    })
    .meta({ id: 'LogIn' }),
  returns: sessionOut,
  handle: async ({ ctx, body, koa }) =>
    signedIn(ctx, koa, await logIn(ctx, { ...body, userAgent: userAgent(koa) })),
});

const refreshRoute = route({
  method: 'post',
  path: '/auth/refresh',
  operationId: 'refreshSession',
  summary: 'Trade the refresh token (cookie or body) for a new pair; each works once',
  auth: 'public',
  security: ['refreshCookie'],
  status: 200,
  errors: [401, 403],
  limit,
  body: refreshBody,
  returns: sessionOut,
  wireNames: { refreshToken: 'refresh_token' },
  handle: async ({ ctx, body, koa }) => {
    if (body?.refresh_token === undefined) refuseForeignWrite(koa, ctx.services.publicUrl);
    const refreshToken = body?.refresh_token ?? readCookie(koa, refreshCookie) ?? '';
    if (refreshToken === '' || refreshToken.length > 500)
      throw new DomainError('unauthenticated', 'There is no session to refresh. Sign in.');
    return signedIn(ctx, koa, await refreshSession(ctx, { refreshToken, userAgent: userAgent(koa) }));
  },
});

const logOutRoute = route({
  method: 'post',
  path: '/auth/logout',
  operationId: 'logOut',
  summary: 'End this sign-in and clear the cookies',
  description: 'The access token may have expired, and the cookie of the refresh token alone does as well.',
  auth: 'session',
  authenticate: authenticateLeaver,
  status: 204,
  body: refreshBody,
  handle: async ({ ctx, body, koa }) => {
    await logOut(ctx, {
      refreshToken: body?.refresh_token ?? readCookie(koa, refreshCookie)?.slice(0, 500),
    });
    clearCookies(ctx, koa);
    return undefined;
  },
});

const meRoute = route({
  method: 'get',
  path: '/auth/me',
  operationId: 'getMe',
  summary: 'Who I am, in which workspace, with which role',
  auth: 'session',
  status: 200,
  errors: [403],
  returns: meOut,
  handle: async ({ ctx }) => presentMe(await getMe(ctx, {})),
});

const googleRoute = route({
  method: 'post',
  path: '/auth/google',
  operationId: 'signInWithGoogle',
  summary: 'Sign in with an ID token of Google; the first time opens an account',
  auth: 'public',
  status: 200,
  errors: [401, 409, 503],
  limit,
  body: z
    .object({
      id_token: z.string().min(1).max(10_000).optional(),
      credential: z.string().min(1).max(10_000).optional().meta({
        description: 'The same, as Google’s own button names it.',
      }),
    })
    .refine(({ id_token, credential }) => (id_token ?? credential) !== undefined, {
      path: ['id_token'],
      message: 'is required',
    })
    .meta({ id: 'GoogleSignIn' }),
  returns: sessionOut,
  wireNames: { idToken: 'id_token' },
  handle: async ({ ctx, body, koa }) =>
    signedIn(
      ctx,
      koa,
      await signInWithGoogle(ctx, {
        idToken: body.id_token ?? body.credential ?? '',
        userAgent: userAgent(koa),
      }),
    ),
});

export const authRoutes = [signUpRoute, logInRoute, googleRoute, refreshRoute, logOutRoute, meRoute];
