import { eq, inArray, isNotNull, sql } from 'drizzle-orm';
import { decodeJwt, SignJWT } from 'jose';
import { describe, expect, test } from 'vitest';
import { listAgents } from '../../core/agents/index.ts';
import { createApiKey, listApiKeys, revokeApiKey } from '../../core/api-keys/index.ts';
import { issueEmailToken } from '../../core/users/email-tokens.ts';
import {
  expireTokens,
  getMe,
  identifyByApiKey,
  identifyByToken,
  logIn,
  logOut,
  logOutEverywhere,
  refreshSession,
  resetPassword,
  type Session,
  signUp,
} from '../../core/users/index.ts';
import {
  createWorkspace,
  getWorkspace,
  listWorkspaces,
  switchWorkspace,
} from '../../core/workspaces/index.ts';
import { apiKeys } from '../../db/schema/api-keys.ts';
import { emailTokens } from '../../db/schema/email-tokens.ts';
import { memberships } from '../../db/schema/memberships.ts';
import { refreshTokens } from '../../db/schema/refresh-tokens.ts';
import { users } from '../../db/schema/users.ts';
import { workspaces } from '../../db/schema/workspaces.ts';
import { sha256 } from '../../platform/crypto.ts';
import { waitFor } from '../../platform/retry.ts';
import { newPerson, withRole } from '../factories/people.ts';
import { type TestContext, testContext } from '../harness/context.ts';

const unauthenticated = { code: 'unauthenticated' };

describe('signing up and in', () => {
  test('a sign-up makes user, workspace and admin membership, and never shows the hash', async () => {
    await using t = await testContext();
    const session = await signUp(t.anonymous, {
      email: '  Grace@Harbor.Test ',
      password: 'long enough',
      name: 'Grace',
    });
    expect(session).toMatchObject({ role: 'admin', user: { email: 'grace@harbor.test', name: 'Grace' } });
    expect(JSON.stringify(session)).not.toContain('argon2');
    expect(await t.db.select().from(memberships)).toMatchObject([
      { workspaceId: session.workspaceId, userId: session.user.id, role: 'admin' },
    ]);
    const [row] = await t.db.select().from(users);
    expect(row?.passwordHash).toMatch(/^\$argon2id\$/);
  });

  test('of sign-ups with one address at the same moment one succeeds and nothing of the others stays', async () => {
    await using t = await testContext();
    const attempts = await Promise.allSettled(
      ['a@b.test', 'A@b.test', 'a@B.test'].map((email) =>
        signUp(t.anonymous, { email, password: 'long enough' }),
      ),
    );
    expect(attempts.filter((attempt) => attempt.status === 'fulfilled')).toHaveLength(1);
    for (const attempt of attempts)
      if (attempt.status === 'rejected') expect(attempt.reason).toMatchObject({ code: 'conflict' });
    expect(await t.db.select().from(workspaces)).toHaveLength(1);
  });

  test('what does not fit is named field by field', async () => {
    await using t = await testContext();
    await expect(signUp(t.anonymous, { email: 'nobody', password: 'short' })).rejects.toMatchObject({
      code: 'invalid',
      fields: [{ path: 'email' }, { path: 'password' }],
    });
  });

  test('an unknown address and a wrong password get the very same answer', async () => {
    await using t = await testContext();
    const { email, password } = await newPerson(t);
    const answers = await Promise.all(
      [
        { email, password: 'wrong' },
        { email: 'nobody@harbor.test', password },
      ].map((input) => logIn(t.anonymous, input).catch((error: unknown) => error)),
    );
    expect(answers[0]).toMatchObject(unauthenticated);
    expect(answers[1]).toEqual(answers[0]);
    expect(await logIn(t.anonymous, { email: email.toUpperCase(), password })).toMatchObject({
      role: 'admin',
    });
  });
});

describe('sessions', () => {
  test('an access token lives 15 minutes and carries user, workspace, role and an id', async () => {
    await using t = await testContext();
    const { session, userId, workspaceId } = await newPerson(t);
    const claims = decodeJwt(session.accessToken);
    expect(claims).toMatchObject({ sub: userId, ws: workspaceId, role: 'admin', jti: expect.any(String) });
    expect((claims.exp ?? 0) - (claims.iat ?? 0)).toBe(15 * 60);
  });

  test('a forged, expired or foreign token is nobody', async () => {
    await using t = await testContext();
    const { session, userId, workspaceId } = await newPerson(t);
    const sign = (secret: string, expiresIn: number) =>
      new SignJWT({ ws: workspaceId, role: 'admin', at: Date.now() })
        .setProtectedHeader({ alg: 'HS256' })
        .setIssuer('trunkline')
        .setSubject(userId)
        .setExpirationTime(Math.floor(Date.now() / 1_000) + expiresIn)
        .sign(new TextEncoder().encode(secret));
    const [head, body] = session.accessToken.split('.');
    const unsigned = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${body}.`;
    for (const token of [
      await sign('another secret of the tests, long enough', 60),
      await sign(t.services.authSecret, -60),
      `${head}.${body}.AAAA`,
      unsigned,
      '',
    ])
      await expect(identifyByToken(t.services, token)).rejects.toMatchObject(unauthenticated);
    expect(await identifyByToken(t.services, await sign(t.services.authSecret, 60))).toMatchObject({
      workspaceId,
    });
  });

  test('a refresh token works once and gives the next one', async () => {
    await using t = await testContext();
    const { session } = await newPerson(t);
    const second = await refreshSession(t.anonymous, { refreshToken: session.refreshToken });
    expect(second.refreshToken).not.toBe(session.refreshToken);
    const third = await refreshSession(t.anonymous, { refreshToken: second.refreshToken });
    expect(third.user.id).toBe(session.user.id);
  });

  test('a refresh token that comes again later ends its whole family, and no other sign-in', async () => {
    await using t = await testContext();
    const { session, email, password } = await newPerson(t);
    const elsewhere = await logIn(t.anonymous, { email, password });
    const second = await refreshSession(t.anonymous, { refreshToken: session.refreshToken });
    await t.db
      .update(refreshTokens)
      .set({ usedAt: new Date(Date.now() - 60_000) })
      .where(isNotNull(refreshTokens.usedAt));
    for (const refreshToken of [session.refreshToken, second.refreshToken])
      await expect(refreshSession(t.anonymous, { refreshToken })).rejects.toMatchObject(unauthenticated);
    await expect(
      refreshSession(t.anonymous, { refreshToken: elsewhere.refreshToken }),
    ).resolves.toBeDefined();
  });

  test('of two refreshes at the same moment one succeeds, and the sign-in goes on with that', async () => {
    await using t = await testContext();
    const { session } = await newPerson(t);
    const attempts = await Promise.allSettled(
      [1, 2, 3].map(() => refreshSession(t.anonymous, { refreshToken: session.refreshToken })),
    );
    const [won, ...others] = attempts.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    if (!won) throw new Error('none succeeded');
    expect(others).toEqual([]);
    await expect(refreshSession(t.anonymous, { refreshToken: session.refreshToken })).rejects.toMatchObject(
      unauthenticated,
    );
    await expect(refreshSession(t.anonymous, { refreshToken: won.refreshToken })).resolves.toBeDefined();
  });

  test('tokens that are over go a day later; of a sign-in that goes on the first one stays', async () => {
    await using t = await testContext();
    const [{ session: going }, { session: over }] = [await newPerson(t), await newPerson(t)];
    const second = await refreshSession(t.anonymous, { refreshToken: going.refreshToken });
    const third = await refreshSession(t.anonymous, { refreshToken: second.refreshToken });
    const [user] = await t.db.select().from(users).limit(1);
    if (!user) throw new Error('Nobody has signed up.');
    for (const purpose of ['verify_email', 'reset_password'] as const)
      await issueEmailToken({ db: t.db }, user, purpose);
    const ofLate = [going, second, over].map(({ refreshToken }) => sha256(refreshToken));
    const late = new Date(Date.now() - 25 * 3_600_000);
    await t.db.update(refreshTokens).set({ expiresAt: late }).where(inArray(refreshTokens.tokenHash, ofLate));
    await t.db.update(emailTokens).set({ expiresAt: late }).where(eq(emailTokens.purpose, 'reset_password'));

    await expireTokens(t.system(), {});
    const left = await t.db.select().from(refreshTokens).orderBy(refreshTokens.createdAt);
    expect(left.map(({ tokenHash }) => tokenHash)).toEqual(
      [going, third].map(({ refreshToken }) => sha256(refreshToken)),
    );
    const links = await t.db.select().from(emailTokens).where(eq(emailTokens.userId, user.id));
    expect(links.every(({ purpose }) => purpose === 'verify_email')).toBe(true);
    await refreshSession(t.anonymous, { refreshToken: third.refreshToken });
    expect(await expireTokens(t.system(), {})).toBe(0);
  });

  test('refresh tokens are kept as hashes, and an expired or unknown one is refused', async () => {
    await using t = await testContext();
    const { session } = await newPerson(t);
    const rows = await t.db.select().from(refreshTokens);
    expect(JSON.stringify(rows)).not.toContain(session.refreshToken);
    await t.db.update(refreshTokens).set({ expiresAt: new Date(Date.now() - 1) });
    for (const refreshToken of [session.refreshToken, 'unknown'])
      await expect(refreshSession(t.anonymous, { refreshToken })).rejects.toMatchObject(unauthenticated);
  });

  test('signing out ends the session; doing so twice or with nothing is fine', async () => {
    await using t = await testContext();
    const { session } = await newPerson(t);
    for (const refreshToken of [session.refreshToken, session.refreshToken, 'unknown', undefined])
      await logOut(t.anonymous, { refreshToken });
    await expect(refreshSession(t.anonymous, { refreshToken: session.refreshToken })).rejects.toMatchObject(
      unauthenticated,
    );
  });

  test('a membership or a role that is taken away is gone at once, although the token still says so', async () => {
    await using t = await testContext();
    const { session, userId } = await newPerson(t);
    await t.db.update(memberships).set({ role: 'member' }).where(eq(memberships.userId, userId));
    expect(await identifyByToken(t.services, session.accessToken)).toMatchObject({ role: 'member' });
    await t.db.delete(memberships).where(eq(memberships.userId, userId));
    const identity = await identifyByToken(t.services, session.accessToken);
    expect(identity).toMatchObject({ workspaceId: null, role: null });
    await expect(listAgents(t.as(identity), {})).rejects.toMatchObject({ code: 'forbidden' });
    await t.db.update(users).set({ isSuperuser: true }).where(eq(users.id, userId));
    expect(await identifyByToken(t.services, session.accessToken)).toMatchObject({ role: 'superuser' });
    await t.db.delete(users).where(eq(users.id, userId));
    await expect(identifyByToken(t.services, session.accessToken)).rejects.toMatchObject(unauthenticated);
  });

  test('me is the signed-in user', async () => {
    await using t = await testContext();
    const { ctx, email, workspaceId } = await newPerson(t);
    expect(await getMe(ctx, {})).toMatchObject({ user: { email }, workspaceId, role: 'admin' });
    await expect(getMe(t.anonymous, {})).rejects.toMatchObject(unauthenticated);
  });
});

describe('API keys', () => {
  test('a key is shown once, kept as a hash, and stands for its workspace and role', async () => {
    await using t = await testContext();
    const { ctx, workspaceId } = await newPerson(t);
    const { key, apiKey } = await createApiKey(ctx, { name: 'CRM', role: 'developer' });
    expect(key).toMatch(/^tk_[\w-]{43}$/);
    expect(key.startsWith(apiKey.prefix)).toBe(true);
    expect(JSON.stringify([await t.db.select().from(apiKeys), await listApiKeys(ctx, {})])).not.toContain(
      key,
    );
    expect(await identifyByApiKey(t.services, key)).toMatchObject({ workspaceId, role: 'developer' });
  });

  test('a revoked, unknown or shapeless key is nobody', async () => {
    await using t = await testContext();
    const { ctx } = await newPerson(t);
    const { key, apiKey } = await createApiKey(ctx, { name: 'CRM', role: 'developer' });
    const revoked = await revokeApiKey(ctx, { apiKeyId: apiKey.id });
    expect(await revokeApiKey(ctx, { apiKeyId: apiKey.id })).toEqual(revoked);
    for (const wrong of [key, 'tk_unknown', '', 'Bearer x'])
      await expect(identifyByApiKey(t.services, wrong)).rejects.toMatchObject(unauthenticated);
  });

  test('the time of use is written once a minute', async () => {
    await using t = await testContext();
    const { ctx } = await newPerson(t);
    const { key, apiKey } = await createApiKey(ctx, { name: 'CRM', role: 'developer' });
    const lastUse = async () =>
      (await t.db.select().from(apiKeys).where(eq(apiKeys.id, apiKey.id)))[0]?.lastUsedAt;
    await identifyByApiKey(t.services, key);
    const first = await lastUse();
    expect(first).toBeInstanceOf(Date);
    await identifyByApiKey(t.services, key);
    expect(await lastUse()).toEqual(first);
    const longAgo = new Date(Date.now() - 61_000);
    await t.db.update(apiKeys).set({ lastUsedAt: longAgo });
    // A key that was looked up is remembered for a second.
    await waitFor('the next use to be written', async () => {
      await identifyByApiKey(t.services, key);
      return (await lastUse())?.getTime() !== longAgo.getTime();
    });
  });

  test('only an admin deals with keys, and only with those of the own workspace', async () => {
    await using t = await testContext();
    const [ada, ben] = [await newPerson(t, 'Ada'), await newPerson(t, 'Ben')];
    const developer = await withRole(t, ada.ctx, 'developer');
    await expect(createApiKey(developer, { name: 'X', role: 'admin' })).rejects.toMatchObject({
      code: 'forbidden',
    });
    await expect(listApiKeys(developer, {})).rejects.toMatchObject({ code: 'forbidden' });
    const { apiKey } = await createApiKey(ben.ctx, { name: 'Y', role: 'member' });
    for (const apiKeyId of [apiKey.id, 'none'])
      await expect(revokeApiKey(ada.ctx, { apiKeyId })).rejects.toMatchObject({ code: 'not_found' });
  });
});

describe('workspaces', () => {
  test('a user moves between their workspaces, and the next sign-in lands where they were', async () => {
    await using t = await testContext();
    const { ctx, workspaceId, email, password } = await newPerson(t);
    const second = await createWorkspace(ctx, { name: 'Branch' });
    expect(await listWorkspaces(ctx, {})).toMatchObject([
      { id: workspaceId, role: 'admin' },
      { id: second.id, name: 'Branch', role: 'admin' },
    ]);
    const moved = await switchWorkspace(ctx, { workspaceId: second.id });
    expect(await identifyByToken(t.services, moved.accessToken)).toMatchObject({ workspaceId: second.id });
    expect(await logIn(t.anonymous, { email, password })).toMatchObject({ workspaceId: second.id });
  });

  test('foreign and unknown workspaces are not found', async () => {
    await using t = await testContext();
    const [ada, ben] = [await newPerson(t, 'Ada'), await newPerson(t, 'Ben')];
    for (const workspaceId of [ben.workspaceId, ada.userId, 'home'])
      for (const attempt of [getWorkspace, switchWorkspace])
        await expect(attempt(ada.ctx, { workspaceId })).rejects.toMatchObject({ code: 'not_found' });
    expect(await getWorkspace(ada.ctx, { workspaceId: ada.workspaceId })).toMatchObject({ role: 'admin' });
  });

  test('an API key sees its own workspace only and cannot switch', async () => {
    await using t = await testContext();
    const { ctx, workspaceId } = await newPerson(t);
    const other = await createWorkspace(ctx, { name: 'Branch' });
    const key = await withRole(t, ctx, 'member');
    expect(await listWorkspaces(key, {})).toMatchObject([{ id: workspaceId, role: 'member' }]);
    await expect(getWorkspace(key, { workspaceId: other.id })).rejects.toMatchObject({ code: 'not_found' });
    await expect(switchWorkspace(key, { workspaceId: other.id })).rejects.toMatchObject({
      code: 'forbidden',
    });
  });

  test('a superuser sees and enters every workspace', async () => {
    await using t = await testContext();
    const [ada, root] = [await newPerson(t, 'Ada'), await newPerson(t, 'Root')];
    await t.db.update(users).set({ isSuperuser: true }).where(eq(users.id, root.userId));
    expect(await listWorkspaces(root.ctx, {})).toHaveLength(2);
    const entered = await switchWorkspace(root.ctx, { workspaceId: ada.workspaceId });
    expect(entered).toMatchObject({ workspaceId: ada.workspaceId, role: 'superuser' });
  });
});

describe('ending all sign-ins while one of them goes on', () => {
  /** Has `works` wait for the user's row one after the other, each until the one before is done. */
  async function inOrder<T>(t: TestContext, userId: string, works: readonly (() => Promise<T>)[]) {
    return t.db.transaction(async (tx) => {
      await tx.select().from(users).where(eq(users.id, userId)).for('update');
      const begun: Promise<T>[] = [];
      for (const work of works) {
        const doing = work();
        doing.catch(() => undefined);
        begun.push(doing);
        await waitFor('another one that waits', async () => {
          const { rows } = await t.db.execute(
            sql`select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
          );
          return rows.length === begun.length;
        });
      }
      return begun;
    });
  }

  test('a refresh at the same moment gives nobody a way to stay', async () => {
    await using t = await testContext();
    const { ctx, userId, email, password } = await newPerson(t);
    const { refreshToken } = await logIn(t.anonymous, { email, password });
    const [refreshed, ended] = await inOrder<unknown>(t, userId, [
      () => refreshSession(t.anonymous, { refreshToken }),
      () => logOutEverywhere(ctx, {}),
    ]);
    await ended;
    const session = (await refreshed) as Session;
    await expect(identifyByToken(t.services, session.accessToken)).rejects.toMatchObject(unauthenticated);
    await expect(refreshSession(t.anonymous, { refreshToken: session.refreshToken })).rejects.toMatchObject(
      unauthenticated,
    );
  });

  test('who signs in after it is let in, also by a process whose clock is behind', async () => {
    await using t = await testContext();
    const { userId, email, password } = await newPerson(t);
    const before = await logIn(t.anonymous, { email, password });
    const ended = new Date(Date.now() + 60_000);
    await t.db.update(users).set({ tokensValidAfter: ended }).where(eq(users.id, userId));
    await expect(identifyByToken(t.services, before.accessToken)).rejects.toMatchObject(unauthenticated);
    const after = await logIn(t.anonymous, { email, password });
    expect((await identifyByToken(t.services, after.accessToken)).actor).toEqual({ kind: 'user', userId });
  });

  test('whoever signs in with the old password while it is changed is not let in', async () => {
    await using t = await testContext();
    const { userId, email, password } = await newPerson(t);
    const token = await issueEmailToken(t, { id: userId, email }, 'reset_password');
    const [changed, entered] = await inOrder<unknown>(t, userId, [
      () => resetPassword(t.anonymous, { token, password: 'a new one, long enough' }),
      () => logIn(t.anonymous, { email, password }),
    ]);
    await changed;
    await expect(entered).rejects.toMatchObject(unauthenticated);
  });
});
