import { z } from 'zod';
import { endSession, listSessions, logOutEverywhere } from '../../../../core/users/index.ts';
import { idParams } from '../../../http/params.ts';
import { route } from '../../../http/route.ts';
import { presentSignIn } from '../presenters/account.ts';
import { signInOut } from '../schemas/account.ts';
import { clearCookies } from '../session-cookies.ts';

const sessionsRoute = route({
  method: 'get',
  path: '/auth/sessions',
  operationId: 'listSessions',
  summary: 'Where I am signed in',
  auth: 'session',
  status: 200,
  errors: [403],
  returns: z.array(signInOut),
  handle: async ({ ctx }) => (await listSessions(ctx, {})).map(presentSignIn),
});

const endSessionRoute = route({
  method: 'delete',
  path: '/auth/sessions/{id}',
  operationId: 'endSession',
  summary: 'End one sign-in; it cannot be refreshed any more',
  auth: 'session',
  status: 204,
  errors: [403, 404],
  params: idParams,
  handle: async ({ ctx, params }) => {
    await endSession(ctx, { sessionId: params.id });
    return undefined;
  },
});

const logOutEverywhereRoute = route({
  method: 'post',
  path: '/auth/logout-everywhere',
  operationId: 'logOutEverywhere',
  summary: 'End all sign-ins at once, this one too',
  auth: 'session',
  status: 204,
  errors: [403],
  handle: async ({ ctx, koa }) => {
    await logOutEverywhere(ctx, {});
    clearCookies(ctx, koa);
    return undefined;
  },
});

export const sessionRoutes = [sessionsRoute, endSessionRoute, logOutEverywhereRoute];
