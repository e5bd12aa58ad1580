import { eq } from 'drizzle-orm';
import { SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createApiKey } from '../../../core/api-keys/index.ts';
import { refreshTokens } from '../../../db/schema/refresh-tokens.ts';
import { users } from '../../../db/schema/users.ts';
import { sha256 } from '../../../platform/crypto.ts';
import { type TestApp, testApp } from '../../harness/app.ts';
import { type Caller, join, password, signUp } from './crew.ts';

let app: TestApp;
beforeAll(async () => {
  app = await testApp();
});
afterAll(() => app[Symbol.asyncDispose]());

const fieldsOf = (body: { errors: { field: string }[] }): string[] =>
  body.errors.map(({ field }) => field).sort();
const cookiesOf = (headers: Headers): string =>
  headers
    .getSetCookie()
    .map((cookie) => cookie.split(';')[0])
    .join('; ');

describe('signing up', () => {
  it('makes a workspace, signs in, and sets HttpOnly cookies', async () => {
    const answer = await app.call('POST', '/auth/signup', {
      body: { email: 'Grace@Harbor.test', password, name: 'Grace', workspace_name: 'Navy' },
    });
    expect(answer.status).toBe(201);
    expect(answer.body).toMatchObject({
      role: 'admin',
      token_type: 'bearer',
      user: { email: 'grace@harbor.test' },
    });
    const cookies = answer.headers.getSetCookie();
    expect(cookies.find((one) => one.startsWith('access_token='))).toMatch(
      /Path=\/;.*HttpOnly; SameSite=Lax/,
    );
    expect(cookies.find((one) => one.startsWith('refresh_token='))).toMatch(
      /Path=\/auth;.*HttpOnly; SameSite=Lax/,
    );
    const workspaces = await app.call('GET', '/workspaces', {
      headers: { cookie: cookiesOf(answer.headers) },
    });
    expect(workspaces.body).toMatchObject([{ name: 'Navy', role: 'admin' }]);
  });

  it('answers a taken address with 409, in any case of letters', async () => {
    const { email } = await signUp(app);
    const answer = await app.call('POST', '/auth/signup', { body: { email: email.toUpperCase(), password } });
    expect(answer.status).toBe(409);
    expect(fieldsOf(answer.body)).toEqual(['email']);
  });

  it('answers a bad address and a weak password with 400', async () => {
    const email = await app.call('POST', '/auth/signup', { body: { email: 'not one', password } });
    expect([email.status, fieldsOf(email.body)]).toEqual([400, ['email']]);
    const weak = await app.call('POST', '/auth/signup', {
      body: { email: 'x@harbor.test', password: 'short' },
    });
    expect([weak.status, fieldsOf(weak.body)]).toEqual([400, ['password']]);
  });
});

describe('signing in', () => {
  it('answers a wrong password and an unknown address alike', async () => {
    const { email } = await signUp(app);
    const wrong = await app.call('POST', '/auth/login', { body: { email, password: 'wrong' } });
    const unknown = await app.call('POST', '/auth/login', { body: { email: 'no@harbor.test', password } });
    expect(wrong.status).toBe(401);
    expect([unknown.status, unknown.body]).toEqual([wrong.status, wrong.body]);
    expect(wrong.headers.getSetCookie()).toEqual([]);
  });

  it('gives a token that works as cookie and as bearer', async () => {
    const { email, userId } = await signUp(app);
    const { body } = await app.call('POST', '/auth/login', { body: { email, password } });
    for (const headers of [
      { authorization: `Bearer ${body.access_token}` },
      { cookie: `theme=dark; access_token=${body.access_token}` },
    ]) {
      const me = await app.call('GET', '/auth/me', { headers });
      expect([me.status, me.body.user.id]).toEqual([200, userId]);
    }
  });
});

describe('refreshing', () => {
  it('works once for each token, and a second use later ends the sign-in', async () => {
    const { refreshToken } = await signUp(app);
    const use = (refresh_token: string) => app.call('POST', '/auth/refresh', { body: { refresh_token } });
    const first = await use(refreshToken);
    expect(first.status).toBe(200);
    expect((await use(refreshToken)).status).toBe(401);
    await app.t.db
      .update(refreshTokens)
      .set({ usedAt: new Date(Date.now() - 60_000) })
      .where(eq(refreshTokens.tokenHash, sha256(refreshToken)));
    expect((await use(refreshToken)).status).toBe(401);
    expect((await use(first.body.refresh_token)).status).toBe(401);
  });

  it('takes the cookie, without any body', async () => {
    const { refreshToken } = await signUp(app);
    const answer = await app.call('POST', '/auth/refresh', {
      headers: { cookie: `refresh_token=${refreshToken}` },
    });
    expect(answer.status).toBe(200);
    expect(answer.headers.getSetCookie()).toHaveLength(2);
  });

  it('answers 401 without a token', async () => {
    expect((await app.call('POST', '/auth/refresh')).status).toBe(401);
  });
});

describe('signing out', () => {
  it('clears the cookies and ends the refresh token', async () => {
    const { headers, refreshToken } = await signUp(app);
    const answer = await app.call('POST', '/auth/logout', {
      headers: { ...headers, cookie: `refresh_token=${refreshToken}` },
    });
    expect(answer.status).toBe(204);
    expect(answer.headers.getSetCookie().every((cookie) => cookie.includes('Max-Age=0'))).toBe(true);
    const again = await app.call('POST', '/auth/refresh', { body: { refresh_token: refreshToken } });
    expect(again.status).toBe(401);
  });

  /** An access token of that person from an hour ago. */
  const expiredToken = async ({ userId, workspaceId }: Caller, secret = app.t.services.authSecret) => {
    const hourAgo = Math.floor(Date.now() / 1_000) - 3_600;
    return new SignJWT({ ws: workspaceId, role: 'admin', at: hourAgo * 1_000 })
      .setProtectedHeader({ alg: 'HS256' })
      .setIssuer('trunkline')
      .setSubject(userId)
      .setExpirationTime(hourAgo + 900)
      .sign(new TextEncoder().encode(secret));
  };
  const leave = (headers: Record<string, string>, body?: unknown) =>
    app.call('POST', '/auth/logout', { headers, body });
  const refreshStatus = async (refresh_token: string) =>
    (await app.call('POST', '/auth/refresh', { body: { refresh_token } })).status;

  it('works with an access token that has expired, and with the refresh cookie alone', async () => {
    const [ada, ben] = [await signUp(app), await signUp(app)];
    const bearer = { authorization: `Bearer ${await expiredToken(ada)}` };
    expect((await app.call('GET', '/auth/me', { headers: bearer })).status).toBe(401);
    expect((await leave(bearer, { refresh_token: ada.refreshToken })).status).toBe(204);
    const left = await leave({ cookie: `refresh_token=${ben.refreshToken}` });
    expect([left.status, left.headers.getSetCookie().length]).toEqual([204, 2]);
    expect([await refreshStatus(ada.refreshToken), await refreshStatus(ben.refreshToken)]).toEqual([
      401, 401,
    ]);
  });

  it('is refused with what was never ours, and from another site', async () => {
    const ada = await signUp(app);
    const forged = await expiredToken(ada, 'another secret of the tests, long enough');
    for (const headers of [{ authorization: `Bearer ${forged}` }, { cookie: 'refresh_token=unknown' }, {}])
      expect((await leave(headers, { refresh_token: ada.refreshToken })).status).toBe(401);
    const foreign = { cookie: `refresh_token=${ada.refreshToken}`, origin: 'https://evil.test' };
    expect((await leave(foreign)).status).toBe(403);
    expect(await refreshStatus(ada.refreshToken)).toBe(200);
  });
});

describe('a write that lives on the cookie', () => {
  const write = async (headers: Record<string, string>) => {
    const { headers: bearer } = await signUp(app);
    const token = bearer.authorization?.slice('Bearer '.length);
    return app.call('POST', '/workspaces', {
      headers: { cookie: `access_token=${token}`, ...headers },
      body: { name: 'Pier' },
    });
  };

  it.each([
    ['another origin', { origin: 'https://evil.test' }],
    ['an opaque origin', { origin: 'null' }],
    ['another site, says the browser', { 'sec-fetch-site': 'cross-site' }],
    ['a sibling subdomain, says the browser', { 'sec-fetch-site': 'same-site' }],
  ])('is refused from %s', async (_what, headers) => {
    expect((await write(headers)).status).toBe(403);
  });

  it.each([
    ['our own pages', { origin: 'http://trunkline.test', 'sec-fetch-site': 'same-origin' }],
    ['a program', {}],
  ])('is taken from %s', async (_what, headers) => {
    expect((await write(headers)).status).toBe(201);
  });

  it('is refused when it refreshes from another origin', async () => {
    const { refreshToken } = await signUp(app);
    const answer = await app.call('POST', '/auth/refresh', {
      headers: { cookie: `refresh_token=${refreshToken}`, origin: 'https://evil.test' },
    });
    expect(answer.status).toBe(403);
  });
});

describe('workspaces', () => {
  it('can be made, seen and switched to', async () => {
    const { headers } = await signUp(app);
    const made = await app.call('POST', '/workspaces', { headers, body: { name: 'Pier 39' } });
    expect(made.body).toMatchObject({ name: 'Pier 39', role: 'admin' });
    const moved = await app.call('POST', '/workspaces/switch', {
      headers,
      body: { workspace_id: made.body.id },
    });
    expect(moved.body.workspace_id).toBe(made.body.id);
    const there = { authorization: `Bearer ${moved.body.access_token}` };
    expect((await app.call('GET', '/auth/me', { headers: there })).body.workspace_id).toBe(made.body.id);
    expect((await app.call('GET', `/workspaces/${made.body.id}`, { headers: there })).body.name).toBe(
      'Pier 39',
    );
  });

  it('answer 404 for an id that is none, and 400 for one in a body', async () => {
    const { headers } = await signUp(app);
    expect((await app.call('GET', '/workspaces/nonsense', { headers })).status).toBe(404);
    const answer = await app.call('POST', '/workspaces/switch', {
      headers,
      body: { workspace_id: 'nonsense' },
    });
    expect([answer.status, fieldsOf(answer.body)]).toEqual([400, ['workspace_id']]);
  });

  it('are all seen by a superuser', async () => {
    const { workspaceId } = await signUp(app);
    const root = await join(app, workspaceId, 'superuser');
    const other = await signUp(app);
    const { body } = await app.call('GET', '/workspaces', { headers: root.headers });
    expect(body.map((one: { id: string }) => one.id)).toContain(other.workspaceId);
  });
});

describe('API keys', () => {
  it('are shown once, work, and stop working when revoked', async () => {
    const { headers, workspaceId } = await signUp(app);
    const path = `/workspaces/${workspaceId}/api-keys`;
    const made = await app.call('POST', path, { headers, body: { name: 'CRM' } });
    expect([made.status, made.body.role]).toEqual([201, 'developer']);
    const key = { 'x-api-key': made.body.key as string };
    expect((await app.call('GET', '/agents', { headers: key })).status).toBe(200);
    const list = await app.call('GET', path, { headers });
    expect(JSON.stringify(list.body)).not.toContain(made.body.key);
    expect((await app.call('DELETE', `${path}/${made.body.id}`, { headers })).status).toBe(204);
    expect((await app.call('GET', '/agents', { headers: key })).status).toBe(401);
  });

  it('go on working without whoever made them, but cannot say who that is: 403', async () => {
    const { headers, workspaceId } = await signUp(app);
    const other = await join(app, workspaceId, 'admin');
    const { key } = await createApiKey(other.ctx, { name: 'CRM', role: 'member' });
    await app.t.db.delete(users).where(eq(users.id, other.userId));
    expect((await app.call('GET', '/agents', { headers: { 'x-api-key': key } })).status).toBe(200);
    expect((await app.call('GET', '/auth/me', { headers: { 'x-api-key': key } })).status).toBe(403);
    expect((await app.call('GET', '/auth/me', { headers })).status).toBe(200);
  });

  it('answer 400 for a role that is none, 404 for a key that is none', async () => {
    const { headers, workspaceId } = await signUp(app);
    const path = `/workspaces/${workspaceId}/api-keys`;
    const answer = await app.call('POST', path, { headers, body: { name: '', role: 'superuser' } });
    expect([answer.status, fieldsOf(answer.body)]).toEqual([400, ['name', 'role']]);
    expect((await app.call('DELETE', `${path}/${workspaceId}`, { headers })).status).toBe(404);
  });
});
