import { and, eq } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { endCall, finalizeCall, startWebCall } from '../../../core/calls/index.ts';
import { agents } from '../../../db/schema/agents.ts';
import { auditLog } from '../../../db/schema/audit-log.ts';
import { emails } from '../../../db/schema/emails.ts';
import { invitations } from '../../../db/schema/invitations.ts';
import { outbox } from '../../../db/schema/outbox.ts';
import { giveFile } from '../../factories/knowledge.ts';
import { newAgent, newLine } from '../../factories/lines.ts';
import { type TestApp, testApp } from '../../harness/app.ts';
import { type Caller, join, signUp } from './crew.ts';

let app: TestApp;
beforeAll(async () => {
  app = await testApp();
});
afterAll(() => app[Symbol.asyncDispose]());

const of = (owner: Caller, rest: string): string => `/workspaces/${owner.workspaceId}${rest}`;

async function tokenFor(email: string): Promise<string> {
  const [mail] = await app.t.db.select().from(emails).where(eq(emails.toAddress, email));
  const text = app.t.services.sealer.open(mail?.sealedText ?? '');
  return /accept-invitation\?token=([\w-]+)/.exec(text)?.[1] ?? '';
}

describe('an invitation', () => {
  it('is mailed, and brings somebody in with its role, once', async () => {
    const owner = await signUp(app);
    const email = 'new-colleague@harbor.test';
    const invited = await app.call('POST', of(owner, '/invite'), {
      headers: owner.headers,
      body: { email, role: 'developer' },
    });
    expect([invited.status, invited.body.role]).toEqual([201, 'developer']);
    const colleague = await signUp(app, 'Colleague');
    const token = await tokenFor(email);
    const accept = (person: Caller) =>
      app.call('POST', '/workspaces/accept-invitation', { headers: person.headers, body: { token } });
    expect((await accept(colleague)).body).toEqual({ workspace_id: owner.workspaceId, role: 'developer' });
    const late = await accept(await signUp(app, 'Late'));
    expect([late.status, late.body.errors[0].field]).toEqual([400, 'token']);
    const members = await app.call('GET', of(owner, '/members'), { headers: owner.headers });
    expect(members.body).toMatchObject([
      { email: owner.email, role: 'admin' },
      { email: colleague.email, role: 'developer' },
    ]);
    const open = await app.call('GET', of(owner, '/invitations'), { headers: owner.headers });
    expect(open.body).toEqual([]);
  });

  it('proves an address to whom it was mailed, and not by a link that an admin has read in the outbox', async () => {
    const owner = await signUp(app);
    const verifiedBy = async (status: 'held' | 'sent') => {
      const guest = await signUp(app, 'Guest');
      await app.call('POST', of(owner, '/invite'), { headers: owner.headers, body: { email: guest.email } });
      const invitation = and(eq(emails.toAddress, guest.email), eq(emails.workspaceId, owner.workspaceId));
      const [mail] = await app.t.db.update(emails).set({ status }).where(invitation).returning();
      const text = app.t.services.sealer.open(mail?.sealedText ?? '');
      const token = /accept-invitation\?token=([\w-]+)/.exec(text)?.[1];
      const { headers } = guest;
      await app.call('POST', '/workspaces/accept-invitation', { headers, body: { token } });
      return (await app.call('GET', '/auth/me', { headers })).body.user.email_verified;
    };
    expect([await verifiedBy('held'), await verifiedBy('sent')]).toEqual([false, true]);
  });

  it('is mailed to one address a few times and no more, also when it is taken back in between', async () => {
    await using limited = await testApp({ rateLimits: true });
    const owner = await signUp(limited);
    const invite = (email: string) =>
      limited.call('POST', of(owner, '/invite'), { headers: owner.headers, body: { email } });
    const statuses: number[] = [];
    for (let n = 0; n < 6; n++) {
      const { status, body } = await invite('weary@harbor.test');
      statuses.push(status);
      await limited.call('DELETE', of(owner, `/invitations/${body.id}`), { headers: owner.headers });
    }
    expect(statuses).toEqual([201, 201, 201, 201, 201, 429]);
    expect((await invite('other@harbor.test')).status).toBe(201);
  });

  it('that is taken back, replaced or expired brings nobody in', async () => {
    const owner = await signUp(app);
    const invite = (email: string) =>
      app.call('POST', of(owner, '/invite'), { headers: owner.headers, body: { email } });
    const guest = await signUp(app, 'Guest');
    const accept = async (token: string) =>
      (await app.call('POST', '/workspaces/accept-invitation', { headers: guest.headers, body: { token } }))
        .status;

    const revoked = await invite('revoked@harbor.test');
    const path = of(owner, `/invitations/${revoked.body.id}`);
    expect((await app.call('DELETE', path, { headers: owner.headers })).status).toBe(204);
    expect((await app.call('DELETE', path, { headers: owner.headers })).status).toBe(404);
    expect(await accept(await tokenFor('revoked@harbor.test'))).toBe(400);

    await invite('twice@harbor.test');
    const old = await tokenFor('twice@harbor.test');
    await invite('twice@harbor.test');
    expect(await accept(old)).toBe(400);

    await invite('slow@harbor.test');
    await app.t.db
      .update(invitations)
      .set({ expiresAt: new Date(0) })
      .where(eq(invitations.email, 'slow@harbor.test'));
    expect(await accept(await tokenFor('slow@harbor.test'))).toBe(400);
  });

  it('of a member is refused with 409, of no address with 400', async () => {
    const owner = await signUp(app);
    const member = await join(app, owner.workspaceId, 'member');
    const invite = (email: string) =>
      app.call('POST', of(owner, '/invite'), { headers: owner.headers, body: { email } });
    expect((await invite(member.email)).status).toBe(409);
    expect((await invite('no address')).status).toBe(400);
  });
});

describe('members', () => {
  it('there is always an admin left', async () => {
    const owner = await signUp(app);
    const member = await join(app, owner.workspaceId, 'member');
    const path = (person: Caller) => of(owner, `/members/${person.userId}`);
    const role = (person: Caller, to: string) =>
      app.call('PATCH', path(person), { headers: owner.headers, body: { role: to } });
    expect((await role(owner, 'member')).status).toBe(409);
    expect((await app.call('DELETE', path(owner), { headers: owner.headers })).status).toBe(409);
    expect((await role(member, 'admin')).status).toBe(204);
    expect((await app.call('DELETE', path(owner), { headers: member.headers })).status).toBe(204);
    expect((await app.call('GET', of(owner, '/members'), { headers: owner.headers })).status).toBe(403);
  });

  it('somebody who is none is 404', async () => {
    const owner = await signUp(app);
    const stranger = await signUp(app);
    const answer = await app.call('DELETE', of(owner, `/members/${stranger.userId}`), {
      headers: owner.headers,
    });
    expect(answer.status).toBe(404);
  });
});

describe('a workspace', () => {
  it('that is deleted takes everything along but the evidence, and frees its numbers and files', async () => {
    const owner = await signUp(app);
    const agent = await newAgent(owner.ctx, { webSlug: `desk-${owner.userId.slice(-8)}` });
    const line = await newLine(app.t, owner.ctx, agent.id, '+12025550177');
    await giveFile(app.t, owner.ctx, agent.id, 'menu.txt', 'Breakfast from six.');
    const { call } = await startWebCall(app.t.anonymous, { agent: agent.webSlug ?? '' });
    const remove = (query = '') => app.call('DELETE', of(owner, query), { headers: owner.headers });
    expect((await remove()).status).toBe(409);
    await endCall(owner.ctx, { callId: call.id });
    await finalizeCall(app.t.system(), { callId: call.id });
    const wrong = await remove('?confirm=another');
    expect([wrong.status, wrong.body.errors[0].field]).toEqual([400, 'confirm']);
    expect((await remove()).status).toBe(204);
    expect(await app.t.db.$count(agents, eq(agents.workspaceId, owner.workspaceId))).toBe(0);
    const sent = await app.t.db.select().from(outbox);
    expect(sent.map(({ key }) => key)).toContain(`remove-number-${line.id}`);
    expect(sent.map(({ name }) => name)).toContain('remove-blobs');
    const trail = await app.t.db.select().from(auditLog).where(eq(auditLog.workspaceId, owner.workspaceId));
    expect(trail.map(({ operation }) => operation)).toContain('workspace.delete');
    expect((await app.call('GET', '/agents', { headers: owner.headers })).status).toBe(403);
  });

  it('tells its admins what was changed, by whom, page by page', async () => {
    const owner = await signUp(app);
    await app.call('PATCH', of(owner, ''), { headers: owner.headers, body: { name: 'Pier' } });
    const audit = (query = '') => app.call('GET', of(owner, `/audit${query}`), { headers: owner.headers });
    const all = await audit();
    expect(all.body[0]).toMatchObject({
      operation: 'workspace.update',
      actor_kind: 'user',
      actor_id: owner.userId,
      surface: 'operator',
    });
    const [newest] = (await audit('?limit=1')).body;
    expect((await audit(`?before=${newest.id}`)).body).toEqual(all.body.slice(1));
    expect((await audit('?limit=0')).status).toBe(400);
  });

  it('skips no entry of changes that overlapped', async () => {
    const owner = await signUp(app);
    const { workspaceId } = owner;
    const rows = await app.t.db
      .insert(auditLog)
      .values(
        // The moment is that of the beginning of a change, the id that of its end.
        [0, -20_000, -5_000, -60_000].map((afterMs) => ({
          ...{ workspaceId, actorKind: 'system', surface: 'jobs', operation: 'recording.expire' },
          createdAt: new Date(Date.now() + afterMs),
        })),
      )
      .returning({ id: auditLog.id });
    const seen: number[] = [];
    for (let before = 10 ** 15 - 1; seen.length < rows.length; before = seen.at(-1) ?? 0) {
      const path = of(owner, `/audit?limit=1&before=${before}`);
      const [entry] = (await app.call('GET', path, { headers: owner.headers })).body;
      seen.push(entry.id);
    }
    expect(seen).toEqual(rows.map(({ id }) => id).reverse());
  });
});
