import { desc, eq } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { signUp } from '../../../core/users/index.ts';
import { emails } from '../../../db/schema/emails.ts';
import { refreshTokens } from '../../../db/schema/refresh-tokens.ts';
import { users } from '../../../db/schema/users.ts';
import { readEnv, requiresConfirmedEmail } from '../../../platform/config.ts';
import { sha256 } from '../../../platform/crypto.ts';
import { type TestApp, testApp } from '../../harness/app.ts';
import { password } from './crew.ts';

let app: TestApp;
beforeAll(async () => {
  app = await testApp();
  Object.assign(app.t.services, { requiresConfirmedEmail: true });
});
afterAll(() => app[Symbol.asyncDispose]());

const post = (path: string, body: unknown) => app.call('POST', path, { body });
const signUpAs = (email: string, secret = password) => post('/auth/signup', { email, password: secret });
const logInAs = (email: string, secret = password) => post('/auth/login', { email, password: secret });

async function mailsTo(address: string): Promise<{ subject: string; text: string }[]> {
  const rows = await app.t.db
    .select()
    .from(emails)
    .where(eq(emails.toAddress, address))
    .orderBy(desc(emails.createdAt), desc(emails.id));
  return rows.map(({ subject, sealedText }) => ({
    subject,
    text: sealedText === null ? '' : app.t.services.sealer.open(sealedText),
  }));
}
const tokenIn = (text: string | undefined) => /token=([\w-]+)/.exec(text ?? '')?.[1];

describe('where addresses must be confirmed', () => {
  it('signing up answers no session, and signing in works once the link was used', async () => {
    const made = await signUpAs('ada@quay.test');
    expect([made.status, Object.keys(made.body), made.headers.getSetCookie()]).toEqual([202, ['detail'], []]);
    expect((await logInAs('ada@quay.test')).status).toBe(401);
    const [mail] = await mailsTo('ada@quay.test');
    expect((await post('/auth/verify-email', { token: tokenIn(mail?.text) })).status).toBe(204);
    expect((await logInAs('ada@quay.test')).status).toBe(200);
  });

  it('a taken address gets the same answer, and whoever reads it a mail with a way in', async () => {
    const first = await signUpAs('ben@quay.test');
    const second = await signUpAs('Ben@Quay.test', 'another password');
    expect([second.status, second.body]).toEqual([first.status, first.body]);
    expect(await app.t.db.select().from(users).where(eq(users.email, 'ben@quay.test'))).toHaveLength(1);
    const [mail] = await mailsTo('ben@quay.test');
    expect(mail?.subject).toBe('You have an account already');
    const secret = 'what the reader chose';
    const reset = await post('/auth/reset-password', { token: tokenIn(mail?.text), password: secret });
    expect(reset.status).toBe(204);
    expect((await logInAs('ben@quay.test')).status).toBe(401);
    expect((await logInAs('ben@quay.test', secret)).status).toBe(200);
  });

  it('two who sign up with one address at once are told the same', async () => {
    const both = await Promise.all([signUpAs('dee@quay.test'), signUpAs('dee@quay.test')]);
    expect(both.map(({ status }) => status)).toEqual([202, 202]);
    expect(await mailsTo('dee@quay.test')).toHaveLength(2);
  });

  it('a wrong password, an unknown address and an unconfirmed one are refused alike', async () => {
    await signUpAs('eve@quay.test');
    const answers = [
      await logInAs('eve@quay.test'),
      await logInAs('eve@quay.test', 'not the password'),
      await logInAs('nobody@quay.test'),
    ];
    expect(new Set(answers.map(({ status, body }) => `${status} ${JSON.stringify(body)}`)).size).toBe(1);
    expect(answers[0]?.body.detail).toContain('not confirmed');
  });

  it('the link is mailed again to whoever waits for it, and the answer does not tell who does', async () => {
    await signUpAs('fay@quay.test');
    const again = await post('/auth/verify-email/request', { email: 'FAY@quay.test' });
    const unknown = await post('/auth/verify-email/request', { email: 'nobody@quay.test' });
    expect([again.status, again.body]).toEqual([unknown.status, unknown.body]);
    const [newest, oldest] = await mailsTo('fay@quay.test');
    expect(await mailsTo('nobody@quay.test')).toEqual([]);
    expect((await post('/auth/verify-email', { token: tokenIn(oldest?.text) })).status).toBe(400);
    expect((await post('/auth/verify-email', { token: tokenIn(newest?.text) })).status).toBe(204);
    await post('/auth/verify-email/request', { email: 'fay@quay.test' });
    expect(await mailsTo('fay@quay.test')).toHaveLength(2);
  });

  it('a sign-in from before is not renewed without a confirmation, and goes on with one', async () => {
    const refreshToken = 'a refresh token from before the setting';
    await signUpAs('gil@quay.test');
    const [user] = await app.t.db.select().from(users).where(eq(users.email, 'gil@quay.test'));
    if (!user) throw new Error('Signing up makes a user.');
    await app.t.db.insert(refreshTokens).values({
      ...{ userId: user.id, familyId: user.id, tokenHash: sha256(refreshToken) },
      ...{ expiresAt: new Date(Date.now() + 60_000), userAgent: '' },
    });
    const refresh = () => post('/auth/refresh', { refresh_token: refreshToken });
    expect((await refresh()).status).toBe(401);
    await app.t.db.update(users).set({ emailVerifiedAt: new Date() }).where(eq(users.id, user.id));
    expect((await refresh()).status).toBe(200);
  });

  it('whoever sets up the machine needs no mail', async () => {
    const session = await signUp(app.t.anonymous, { email: 'root@quay.test', password, isConfirmed: true });
    expect(session.role).toBe('admin');
    expect((await logInAs('root@quay.test')).status).toBe(200);
  });
});

it('addresses must be confirmed exactly where mail can be sent, unless it is set', () => {
  const required = (env: Record<string, string>) => requiresConfirmedEmail(readEnv(env));
  const smtp = { SMTP_URL: 'smtp://mail.test' };
  expect([required({}), required(smtp)]).toEqual([false, true]);
  expect(required({ ...smtp, REQUIRE_CONFIRMED_EMAIL: 'false' })).toBe(false);
  expect(required({ REQUIRE_CONFIRMED_EMAIL: 'true' })).toBe(true);
});
