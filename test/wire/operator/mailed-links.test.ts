import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { desc, eq } from 'drizzle-orm';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { foreignIdentity, googleIdentity } from '../../../adapters/identity-providers.ts';
import { createApiKey } from '../../../core/api-keys/index.ts';
import { MailError } from '../../../core/mail/index.ts';
import { emailTokens } from '../../../db/schema/email-tokens.ts';
import { emails } from '../../../db/schema/emails.ts';
import { users } from '../../../db/schema/users.ts';
import { sendEmail } from '../../../jobs/mail/send-email.ts';
import { type TestApp, testApp } from '../../harness/app.ts';
import { type Caller, password, signUp } from './crew.ts';

let app: TestApp;
beforeAll(async () => {
  app = await testApp();
});
afterAll(() => app[Symbol.asyncDispose]());

/** The token in the newest mail to an address; undefined when there is no mail. */
async function tokenMailedTo(address: string, page: string): Promise<string | undefined> {
  const mails = await app.t.db
    .select()
    .from(emails)
    .where(eq(emails.toAddress, address))
    .orderBy(desc(emails.createdAt), desc(emails.id));
  for (const { sealedText } of mails) {
    const text = sealedText === null ? '' : app.t.services.sealer.open(sealedText);
    const found = new RegExp(`/account/${page}\\?token=([\\w-]+)`).exec(text)?.[1];
    if (found !== undefined) return found;
  }
  return undefined;
}

const logInAs = (email: string, secret: string) =>
  app.call('POST', '/auth/login', { body: { email, password: secret } });
const me = async (headers: Readonly<Record<string, string>>) => app.call('GET', '/auth/me', { headers });

describe('confirming an address', () => {
  it('works once, with the link that was mailed at sign-up', async () => {
    const ada = await signUp(app);
    expect((await me(ada.headers)).body.user.email_verified).toBe(false);
    const token = await tokenMailedTo(ada.email, 'verify-email');
    expect((await app.call('POST', '/auth/verify-email', { body: { token } })).status).toBe(204);
    expect((await me(ada.headers)).body.user.email_verified).toBe(true);
    const again = await app.call('POST', '/auth/verify-email', { body: { token } });
    expect([again.status, again.body.errors[0].field]).toEqual([400, 'token']);
  });

  it('a new link makes the old one void', async () => {
    const ada = await signUp(app);
    const first = await tokenMailedTo(ada.email, 'verify-email');
    await app.call('POST', '/auth/verify-email/resend', { headers: ada.headers });
    expect((await app.call('POST', '/auth/verify-email', { body: { token: first } })).status).toBe(400);
    const token = await tokenMailedTo(ada.email, 'verify-email');
    expect((await app.call('POST', '/auth/verify-email', { body: { token } })).status).toBe(204);
  });
});

describe('a new password', () => {
  it('comes by mail, replaces the old one, and signs out everywhere', async () => {
    const ada = await signUp(app);
    const asked = await app.call('POST', '/auth/forgot-password', {
      body: { email: ada.email.toUpperCase() },
    });
    expect(asked.status).toBe(202);
    const token = await tokenMailedTo(ada.email, 'reset-password');
    const weak = await app.call('POST', '/auth/reset-password', { body: { token, password: 'short' } });
    expect([weak.status, weak.body.errors[0].field]).toEqual([400, 'password']);
    const reset = await app.call('POST', '/auth/reset-password', {
      body: { token, password: 'a new one, longer' },
    });
    expect(reset.status).toBe(204);
    expect((await me(ada.headers)).status).toBe(401);
    const refreshed = await app.call('POST', '/auth/refresh', { body: { refresh_token: ada.refreshToken } });
    expect(refreshed.status).toBe(401);
    expect((await logInAs(ada.email, password)).status).toBe(401);
    expect((await logInAs(ada.email, 'a new one, longer')).body.user.email_verified).toBe(true);
    expect((await app.call('POST', '/auth/reset-password', { body: { token, password } })).status).toBe(400);
  });

  it('revokes the keys from before the address was confirmed, and none from after', async () => {
    const keyOf = async (caller: Caller) =>
      (await createApiKey(caller.ctx, { name: 'all', role: 'admin' })).key;
    const statusWith = async (key: string) => (await me({ 'x-api-key': key })).status;
    const reset = async ({ email }: Caller) => {
      await app.call('POST', '/auth/forgot-password', { body: { email } });
      const body = { token: await tokenMailedTo(email, 'reset-password'), password: 'what the reader chose' };
      expect((await app.call('POST', '/auth/reset-password', { body })).status).toBe(204);
    };
    const ada = await signUp(app);
    const before = await keyOf(ada);
    const token = await tokenMailedTo(ada.email, 'verify-email');
    await app.call('POST', '/auth/verify-email', { body: { token } });
    const after = await keyOf(ada);
    const squatter = await signUp(app);
    const unproven = await keyOf(squatter);
    for (const key of [before, after, unproven]) expect(await statusWith(key)).toBe(200);
    await reset(ada);
    await reset(squatter);
    expect([await statusWith(before), await statusWith(after)]).toEqual([401, 200]);
    expect(await statusWith(unproven)).toBe(401);
  });

  it('is not offered to an unknown address, and the answer does not tell', async () => {
    const ada = await signUp(app);
    const known = await app.call('POST', '/auth/forgot-password', { body: { email: ada.email } });
    const unknown = await app.call('POST', '/auth/forgot-password', {
      body: { email: 'nobody@harbor.test' },
    });
    expect(unknown.status).toBe(known.status);
    expect(unknown.body).toEqual(known.body);
    expect(await tokenMailedTo('nobody@harbor.test', 'reset-password')).toBeUndefined();
  });

  it('an expired link is worth nothing', async () => {
    const ada = await signUp(app);
    await app.call('POST', '/auth/forgot-password', { body: { email: ada.email } });
    await app.t.db
      .update(emailTokens)
      .set({ expiresAt: new Date(0) })
      .where(eq(emailTokens.userId, ada.userId));
    const token = await tokenMailedTo(ada.email, 'reset-password');
    expect((await app.call('POST', '/auth/reset-password', { body: { token, password } })).status).toBe(400);
  });
});

describe('sign-ins', () => {
  it('are listed, and ended one by one or all at once', async () => {
    const ada = await signUp(app);
    const second = await logInAs(ada.email, password);
    const list = await app.call('GET', '/auth/sessions', { headers: ada.headers });
    expect(list.body).toHaveLength(2);
    const [newest] = list.body;
    expect((await app.call('DELETE', `/auth/sessions/${newest.id}`, { headers: ada.headers })).status).toBe(
      204,
    );
    const refreshed = await app.call('POST', '/auth/refresh', {
      body: { refresh_token: second.body.refresh_token },
    });
    expect(refreshed.status).toBe(401);
    const stranger = await signUp(app);
    const [, oldest] = list.body;
    const foreign = await app.call('DELETE', `/auth/sessions/${oldest.id}`, { headers: stranger.headers });
    expect(foreign.status).toBe(404);
    expect((await app.call('POST', '/auth/logout-everywhere', { headers: ada.headers })).status).toBe(204);
    expect((await me(ada.headers)).status).toBe(401);
    expect((await me(stranger.headers)).status).toBe(200);
    expect((await logInAs(ada.email, password)).status).toBe(200);
  });
});

describe('guessing', () => {
  it('at one account is slowed down, from wherever it comes; another account is not', async () => {
    await using limited = await testApp({ rateLimits: true });
    const ada = await signUp(limited);
    const ben = await signUp(limited, 'Ben');
    const guess = (email: string) =>
      limited.call('POST', '/auth/login', { body: { email, password: 'a guess at it' } });
    const statuses = [];
    for (let index = 0; index < 11; index++) statuses.push((await guess(ada.email)).status);
    expect(statuses).toEqual([...Array.from({ length: 10 }, () => 401), 429]);
    expect((await guess(ben.email)).status).toBe(401);
  });
});

describe('guessing from elsewhere', () => {
  it('does not keep anybody out of where they have signed in before', async () => {
    await using limited = await testApp({ rateLimits: true, trustProxy: true });
    const ada = await signUp(limited);
    const from = (address: string, secret: string) =>
      limited.call('POST', '/auth/login', {
        body: { email: ada.email, password: secret },
        headers: { 'x-forwarded-for': address },
      });
    const home = '2001:db8:5:6::a';
    expect((await from(home, password)).status).toBe(200);
    for (let n = 0; n < 10; n++) await from(`203.0.113.${n}`, 'a guess at it');
    expect((await from('203.0.113.77', password)).status).toBe(429);
    expect((await from('2001:db8:5:6:ffff::b', password)).status).toBe(200);
    const statuses = [];
    for (let n = 0; n < 10; n++) statuses.push((await from(home, 'a guess at it')).status);
    expect(statuses).toContain(429);
  });
});

describe('mail', () => {
  const first = async (address: string) => {
    const [mail] = await app.t.db.select().from(emails).where(eq(emails.toAddress, address));
    if (!mail) throw new Error('no mail');
    return mail;
  };
  const send = (id: string) => sendEmail(app.t.system(), app.t.services.log, id);

  it('that was sent keeps no text; a mail server that is away is asked again, one that refuses is not', async () => {
    const sent: string[] = [];
    const { email } = await signUp(app);
    const { id } = await first(email);
    app.t.ports.mailer = { send: () => Promise.reject(new MailError('away', false)) };
    await expect(send(id)).rejects.toThrow('away');
    expect((await first(email)).status).toBe('queued');
    app.t.ports.mailer = { send: async ({ to }) => void sent.push(to) };
    await send(id);
    await send(id);
    expect(sent).toEqual([email]);
    expect(await first(email)).toMatchObject({ status: 'sent', sealedText: null });
    const other = await signUp(app);
    app.t.ports.mailer = { send: () => Promise.reject(new MailError('no such person', true)) };
    await send((await first(other.email)).id);
    expect(await first(other.email)).toMatchObject({ status: 'failed', error: 'no such person' });
    app.t.ports.mailer = null;
  });

  it('whose process died while it asked the mail server is sent by the job when that comes again', async () => {
    const sent: string[] = [];
    const { email } = await signUp(app);
    const { id } = await first(email);
    app.t.ports.mailer = { send: async ({ to }) => void sent.push(to) };
    const claimed = (agoMs: number) =>
      app.t.db
        .update(emails)
        .set({ status: 'sending', updatedAt: new Date(Date.now() - agoMs) })
        .where(eq(emails.id, id));
    await claimed(15_000);
    await expect(send(id)).rejects.toThrow('its answer is not in');
    await claimed(90_000);
    await send(id);
    expect(sent).toEqual([email]);
    app.t.ports.mailer = null;
  });

  it('that no mail server takes for an hour is failed, and not on its way for ever', async () => {
    const { email } = await signUp(app);
    const { id } = await first(email);
    app.t.ports.mailer = { send: () => Promise.reject(new MailError('away', false)) };
    await sendEmail(app.t.system(), app.t.services.log, id, true);
    expect(await first(email)).toMatchObject({ status: 'failed', error: 'away' });
    app.t.ports.mailer = null;
  });

  it('without a mail server waits in the outbox, where a superuser reads its link and an admin does not', async () => {
    const ada = await signUp(app);
    await send((await first(ada.email)).id);
    const asAdmin = await app.call('GET', '/emails', { headers: ada.headers });
    expect(asAdmin.body).toEqual([]);
    await app.t.db.update(users).set({ isSuperuser: true }).where(eq(users.id, ada.userId));
    const asSuperuser = await app.call('GET', '/emails', { headers: ada.headers });
    expect(asSuperuser.body.find((mail: { to: string }) => mail.to === ada.email)).toMatchObject({
      status: 'held',
      text: expect.stringContaining('/account/verify-email?token='),
    });
  });
});

describe('signing in with Google', () => {
  const issuer = 'https://accounts.google.test';
  const audience = 'client-of-the-tests';

  async function withGoogle(
    run: (token: (claims: object, aud?: string) => Promise<string>) => Promise<void>,
  ) {
    const { privateKey, publicKey } = await generateKeyPair('RS256');
    const keys = JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid: 'one', alg: 'RS256' }] });
    const server = createServer((_request, response) => {
      response.setHeader('content-type', 'application/json');
      response.end(keys);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    app.t.ports.google = googleIdentity({
      GOOGLE_CLIENT_ID: audience,
      GOOGLE_ISSUER: issuer,
      GOOGLE_JWKS_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}/certs`,
    });
    try {
      await run((claims, aud = audience) =>
        new SignJWT({ ...claims })
          .setProtectedHeader({ alg: 'RS256', kid: 'one' })
          .setIssuer(issuer)
          .setAudience(aud)
          .setIssuedAt()
          .setExpirationTime('5m')
          .sign(privateKey),
      );
    } finally {
      app.t.ports.google = null;
      server.close();
      server.closeAllConnections();
    }
  }
  const signIn = (token: string) => app.call('POST', '/auth/google', { body: { id_token: token } });

  it('opens an account at the first time and finds it at the second', () =>
    withGoogle(async (token) => {
      const claims = { sub: 'g-1', email: 'Grace.Google@harbor.test', email_verified: true, name: 'Grace' };
      const first = await signIn(await token(claims));
      expect(first.status).toBe(200);
      expect(first.body).toMatchObject({
        role: 'admin',
        user: { email: 'grace.google@harbor.test', name: 'Grace', email_verified: true },
      });
      const second = await signIn(await token({ ...claims, email: 'moved@harbor.test' }));
      expect(second.body.user.id).toBe(first.body.user.id);
    }));

  it('refuses tokens for somebody else, of somebody else, and of addresses that Google has not confirmed', () =>
    withGoogle(async (token) => {
      const claims = { sub: 'g-2', email: 'x@harbor.test', email_verified: true };
      for (const refused of [
        await token(claims, 'another client'),
        await token({ ...claims, email_verified: false }),
        'not.a.token',
      ])
        expect((await signIn(refused)).status).toBe(401);
    }));

  it('takes an account over from whoever signed up with an address they do not read', () =>
    withGoogle(async (token) => {
      const squatter = await signUp(app);
      const { key } = await createApiKey(squatter.ctx, { name: 'all', role: 'admin' });
      const claims = { sub: 'g-3', email: squatter.email, email_verified: true };
      const owner = await signIn(await token(claims));
      expect(owner.body.user.id).toBe(squatter.userId);
      expect((await logInAs(squatter.email, password)).status).toBe(401);
      expect((await me({ 'x-api-key': key })).status).toBe(401);
      const refreshed = await app.call('POST', '/auth/refresh', {
        body: { refresh_token: squatter.refreshToken },
      });
      expect(refreshed.status).toBe(401);
    }));

  it('does not lead two accounts of Google to one address: 409', () =>
    withGoogle(async (token) => {
      const claims = { email: 'shared@harbor.test', email_verified: true };
      expect((await signIn(await token({ ...claims, sub: 'g-4' }))).status).toBe(200);
      expect((await signIn(await token({ ...claims, sub: 'g-5' }))).status).toBe(409);
    }));

  it('says so when it is not configured', async () => {
    expect((await signIn('x')).status).toBe(503);
    const nothing = await app.call('POST', '/auth/google', { body: {} });
    expect([nothing.status, nothing.body.errors[0].field]).toEqual([400, 'id_token']);
  });
});

describe('a token of another sign-in service', () => {
  const issuer = 'https://project.supabase.test/auth/v1';
  const secret = 'a secret that the service shares, 32 bytes or more';
  const sign = (claims: Record<string, unknown>, key = secret, iss = issuer) =>
    new SignJWT(claims)
      .setProtectedHeader({ alg: 'HS256' })
      .setIssuer(iss)
      .setAudience('authenticated')
      .setExpirationTime('5m')
      .sign(new TextEncoder().encode(key));
  const asBearer = async (token: string) => me({ authorization: `Bearer ${token}` });
  const person = (sub: string, email: string, verified = true) => ({
    sub,
    email,
    user_metadata: { email_verified: verified, full_name: 'Sam' },
  });

  it('is a way in, with an account of its own at the first time; a forged one is none', async () => {
    app.t.ports.foreign = foreignIdentity({
      OIDC_ISSUER: issuer,
      OIDC_AUDIENCE: 'authenticated',
      OIDC_JWKS_URL: undefined,
      OIDC_SECRET: secret,
    });
    try {
      const first = await asBearer(await sign(person('s-1', 'sam@harbor.test')));
      expect(first.body).toMatchObject({ role: 'admin', user: { email: 'sam@harbor.test', name: 'Sam' } });
      const again = await asBearer(await sign(person('s-1', 'sam@harbor.test')));
      expect(again.body.user.id).toBe(first.body.user.id);
      const ada = await signUp(app);
      for (const refused of [
        await sign(person('s-2', 'new@harbor.test'), 'another secret of 32 bytes and some more'),
        await sign(person('s-3', 'unproven@harbor.test', false)),
        await sign(person('s-4', ada.email), secret, 'https://elsewhere.test'),
      ])
        expect((await asBearer(refused)).status).toBe(401);
      expect((await me(ada.headers)).status).toBe(200);
    } finally {
      app.t.ports.foreign = null;
    }
  });
});
