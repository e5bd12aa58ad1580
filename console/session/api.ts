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

let renewal: Promise<unknown> | undefined;

/** One at a time: a refresh token that comes twice counts as stolen. */
function renew(): Promise<unknown> {
  renewal ??= request('/auth/refresh', {}).finally(() => {
    renewal = undefined;
  });
  return renewal;
}

/** GET, or POST with a body. Access tokens last a quarter of an hour: an old one is renewed once. */
export async function send(path: string, body?: unknown): Promise<unknown> {
  try {
    return (await request(path, body)).body;
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 401) throw error;
    await renew();
    return (await request(path, body)).body;
  }
}
