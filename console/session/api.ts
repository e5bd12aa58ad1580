/** What the server refused with, in its own words. Status 0: it could not be reached. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;

  constructor(message: string, status: number) {
    super(message);
    this.status = status;
  }
}

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
    return await request(path, body);
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 401) throw error;
    await renew();
    return request(path, body);
  }
}

async function request(path: string, body?: unknown): Promise<unknown> {
  let response: Response;
  try {
    response = await fetch(path, {
      ...(body === undefined
        ? {}
        : { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(15_000),
    });
  } catch {
    throw new ApiError('The server cannot be reached. Check your connection and try again.', 0);
  }
  const answer: unknown = await response.json().catch(() => undefined);
  if (response.ok) return answer;
  const { detail } = (answer ?? {}) as { detail?: string };
  throw new ApiError(detail ?? 'That did not work. Try again in a moment.', response.status);
}
