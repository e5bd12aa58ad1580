import { ApiError, request } from './request.ts';

export { ApiError } from './request.ts';

export interface Me {
  readonly user: { readonly email: string };
  readonly workspace_id: string | null;
  readonly role: string | null;
}

/** Who is signed in, and a member somewhere. Throws ApiError: 401 when nobody is, 403 for a member of nothing. */
export async function readMe(): Promise<Me> {
  const me = (await send('/auth/me')) as Me;
  if (me.workspace_id === null) throw new ApiError('You are not a member of a workspace.', 403);
  return me;
}

/** The cookie that it sets is all that the page keeps of it. */
export const signIn = (email: string, password: string): Promise<unknown> =>
  request('/auth/login', { email, password });

export const signOut = (): Promise<unknown> => send('/auth/logout', {});

/** GET, or POST with a body. Access tokens last a quarter of an hour: an old one is renewed once. */
export async function send(path: string, body?: unknown): Promise<unknown> {
  const ask = async () => (await request(path, body)).body;
  try {
    return await ask();
  } catch (error) {
    if (!isSignedOut(error)) throw error;
  }
  return inTurn(async () => {
    try {
      // Whoever had the turn before, here or in another tab, may have renewed it.
      return await ask();
    } catch (error) {
      if (!isSignedOut(error)) throw error;
    }
    await request('/auth/refresh', {});
    return ask();
  });
}

const isSignedOut = (error: unknown): boolean => error instanceof ApiError && error.status === 401;

let last: Promise<unknown> = Promise.resolve();

/**
 * One at a time over all tabs: a refresh token works once. Browsers have no locks for plain http; there each tab minds
 * itself.
 */
function inTurn(run: () => Promise<unknown>): Promise<unknown> {
  if ('locks' in navigator) return navigator.locks.request('trunkline-session', run);
  last = last.then(run, run);
  return last;
}
