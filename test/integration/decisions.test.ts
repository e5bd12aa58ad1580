import { eq, sql } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
import { openGroups, readWaiting } from '../../core/campaigns/engine/due-contacts.ts';
import { decide } from '../../core/campaigns/ledger/index.ts';
import { attemptId, ruleSettings } from '../../core/campaigns/rules/index.ts';
import { countContacts, foldContactCounts } from '../../core/contacts/counts.ts';
import { optOut } from '../../core/contacts/opt-out.ts';
import { attempts } from '../../db/schema/attempts.ts';
import { callRegistries } from '../../db/schema/call-registries.ts';
import { callRegistryNumbers } from '../../db/schema/call-registry-numbers.ts';
import { contactCounts } from '../../db/schema/contact-counts.ts';
import { contacts } from '../../db/schema/contacts.ts';
import { decisions } from '../../db/schema/decisions.ts';
import { allDay, campaigner, campaignRow, contactRow } from '../factories/campaigns.ts';
import { type TestContext, testContext } from '../harness/context.ts';

/** A Tuesday, noon in New York. */
const noon = Date.parse('2026-03-03T17:00:00Z');
const person = '+12125550123';

async function dialed(t: TestContext, contact: typeof contacts.$inferSelect, number: number, at: number) {
  await t.db.insert(attempts).values({
    id: attemptId(contact.id, number),
    ...{ workspaceId: contact.workspaceId, campaignId: contact.campaignId, contactId: contact.id, number },
    ...{ phone: contact.phone, fromNumber: '+12025550199', trunk: 'carrier.test', state: 'ended' as const },
    ...{ dialedAt: new Date(at), endedAt: new Date(at), outcome: 'no_answer' },
  });
}

describe('a decision', () => {
  test('is made from everything that is known, and stands in the ledger with what it rested on', async () => {
    await using t = await testContext();
    const { campaign, ctx } = await campaigner(t);
    const contact = await contactRow(t, campaign, { phone: person });
    const other = await contactRow(t, campaign, { phone: '+18005550123' });
    await optOut(ctx, { phone: '+12125550124' });
    const decided = await decide(t.db, { campaign, stage: 'queue', contacts: [contact, other], atMs: noon });
    expect(decided.map(({ judgement }) => judgement.reason)).toEqual(['allowed', 'zone_unknown']);
    const rows = await t.db
      .select()
      .from(decisions)
      .where(eq(decisions.stage, 'queue'))
      .orderBy(decisions.id);
    expect(rows).toMatchObject([
      {
        ...{ contactId: contact.id, campaignId: campaign.id, campaignVersion: 1, phone: person },
        ...{ allowed: true, reason: 'allowed', at: new Date(noon), zones: ['America/New_York'] },
        facts: {
          ...{
            country: 'US',
            regions: ['US-NY'],
            packs: ['us@2024-02-08'],
            consent: 'written',
            listed: null,
          },
          dialed: { day: 0, week: 0, ever: 0 },
        },
      },
      { contactId: other.id, allowed: false, reason: 'zone_unknown', zones: [] },
    ]);
    expect(rows[0]?.facts).toHaveProperty('listVersion', expect.any(Number));
  });

  test('counts the calls of every campaign of the workspace, of no other workspace', async () => {
    await using t = await testContext();
    const caps = { perDay: 2, perWeek: null, total: null };
    const owner = await campaigner(t, { windows: {}, workspaceCaps: caps });
    const open = { ...owner.campaign, rules: { ...owner.campaign.rules, windows: allDay } };
    const sister = await campaignRow(t, owner);
    const stranger = await campaigner(t);
    const contact = await contactRow(t, open, { phone: person });
    const reason = async () =>
      (await decide(t.db, { campaign: open, stage: 'queue', contacts: [contact], atMs: noon }))[0]?.judgement;
    await dialed(t, await contactRow(t, stranger.campaign, { phone: person }), 1, noon - 1);
    await dialed(t, contact, 1, noon - 3_600_000);
    expect(await reason()).toMatchObject({ reason: 'allowed' });
    await dialed(t, await contactRow(t, sister, { phone: person }), 1, noon - 7_200_000);
    expect(await reason()).toMatchObject({
      reason: 'cap_day',
      // When the older of the two is a day old, at ten in the morning.
      nextLegalAtMs: noon - 7_200_000 + 86_400_000,
    });
  });

  test('respects registries: listed numbers, copies that are too old, none for another country', async () => {
    await using t = await testContext();
    const { campaign, workspaceId } = await campaigner(t);
    const contact = await contactRow(t, campaign, { phone: person });
    const reason = async (atMs: number) =>
      (await decide(t.db, { campaign, stage: 'queue', contacts: [contact], atMs }))[0]?.judgement.reason;
    const [registry] = await t.db
      .insert(callRegistries)
      .values([
        {
          workspaceId,
          name: 'National',
          country: 'US',
          maxAgeMs: 86_400_000,
          version: 2,
          fetchedAt: new Date(noon),
        },
        { workspaceId, name: 'TPS', country: 'GB', maxAgeMs: 1 },
      ])
      .returning();
    expect(await reason(noon)).toBe('allowed');
    expect(await reason(noon + 86_400_001)).toBe('registry_stale');
    const phone = Number(person.slice(1));
    await t.db.insert(callRegistryNumbers).values({ registryId: registry?.id ?? '', version: 1, phone });
    expect(await reason(noon)).toBe('allowed');
    await t.db.insert(callRegistryNumbers).values({ registryId: registry?.id ?? '', version: 2, phone });
    expect(await reason(noon)).toBe('do_not_call');
  });

  test('waits for the registry of every country in which the person may be, and of what belongs to it', async () => {
    await using t = await testContext();
    const { campaign, workspaceId } = await campaigner(t);
    await t.db.insert(callRegistries).values({ workspaceId, name: 'National', country: 'US', maxAgeMs: 1 });
    const reasonFor = async (phone: string, windowKey?: string) => {
      const contact = await contactRow(t, campaign, { phone, ...(windowKey ? { windowKey } : {}) });
      const [decided] = await decide(t.db, { campaign, stage: 'queue', contacts: [contact], atMs: noon });
      return decided?.judgement.reason;
    };
    expect(await reasonFor('+17875550101')).toBe('registry_stale');
    expect(await reasonFor('+14165550101', 'CA;CA-ON,US-NY;America/New_York')).toBe('registry_stale');
    expect(await reasonFor('+14165550101')).toBe('allowed');
  });

  test('before an INVITE waits for the same number: of two campaigns at once one gets the last call', async () => {
    await using t = await testContext();
    const caps = { perDay: 1, perWeek: null, total: null };
    const owner = await campaigner(t, { windows: allDay, workspaceCaps: caps });
    const sister = await campaignRow(t, owner, { windows: allDay, workspaceCaps: caps });
    const invite = async (campaign: typeof sister) => {
      const contact = await contactRow(t, campaign, { phone: person });
      return t.db.transaction(async (tx) => {
        const [one] = await decide(tx, { campaign, stage: 'invite', contacts: [contact], atMs: noon });
        if (!one?.judgement.allowed) return one?.judgement.reason;
        await new Promise((resolve) => setTimeout(resolve, 100));
        await dialed({ ...t, db: tx as unknown as TestContext['db'] }, contact, 1, noon);
        return 'dialed';
      });
    };
    expect((await Promise.all([invite(owner.campaign), invite(sister)])).sort()).toEqual([
      'cap_day',
      'dialed',
    ]);
  });
});

describe('the ledger', () => {
  test('refuses to be changed', async () => {
    await using t = await testContext();
    const { campaign } = await campaigner(t);
    const contact = await contactRow(t, campaign, { phone: person });
    await decide(t.db, { campaign, stage: 'queue', contacts: [contact], atMs: noon });
    const refusal = { cause: expect.objectContaining({ message: 'decisions is append-only' }) };
    await expect(t.db.update(decisions).set({ allowed: false, reason: 'cap_day' })).rejects.toMatchObject(
      refusal,
    );
    await expect(t.db.delete(decisions)).rejects.toMatchObject(refusal);
    await expect(t.db.execute(sql`truncate decisions`)).rejects.toMatchObject(refusal);
    // What the law no longer asks for may go.
    await decide(t.db, { campaign, stage: 'queue', contacts: [contact], atMs: Date.parse('2019-01-01') });
    await t.db.delete(decisions).where(sql`at < '2020-01-01'`);
    expect(await t.db.$count(decisions)).toBe(1);
  });
});

describe('an opt-out', () => {
  test('acts at once in every campaign of the workspace, and nowhere else', async () => {
    await using t = await testContext();
    const owner = await campaigner(t);
    const sister = await campaignRow(t, owner);
    const stranger = await campaigner(t);
    const mine = [
      await contactRow(t, owner.campaign, { phone: person }),
      await contactRow(t, sister, { phone: person }),
    ];
    const taken = await contactRow(t, sister, { phone: person, state: 'reserved', reservedAt: new Date() });
    const theirs = await contactRow(t, stranger.campaign, { phone: person });
    await optOut(owner.ctx, { phone: person, note: 'said so' });
    await optOut(owner.ctx, { phone: person });
    const stateOf = async (id: string) =>
      (await t.db.select().from(contacts).where(eq(contacts.id, id)))[0]?.state;
    expect(await Promise.all(mine.map(({ id }) => stateOf(id)))).toEqual(['blocked', 'blocked']);
    expect(await stateOf(theirs.id)).toBe('waiting');
    // Whoever is on the way to the phone is stopped by the last look.
    expect(await stateOf(taken.id)).toBe('reserved');
    const [last] = await decide(t.db, { campaign: sister, stage: 'invite', contacts: [taken], atMs: noon });
    expect(last?.judgement).toMatchObject({ allowed: false, reason: 'do_not_call', final: true });
    const listed = await t.db.select().from(decisions).where(eq(decisions.stage, 'list'));
    expect(listed).toMatchObject([{ phone: person, reason: 'listed', facts: { source: 'opt_out' } }]);
  });
});

describe('the counts of a campaign', () => {
  test('follow every change of its contacts, and folding does not change them', async () => {
    await using t = await testContext();
    const { campaign } = await campaigner(t);
    for (const phone of ['+12125550101', '+12125550102', '+13105550103'])
      await contactRow(t, campaign, { phone });
    await t.db.update(contacts).set({ state: 'done' }).where(eq(contacts.phone, '+12125550101'));
    await t.db.delete(contacts).where(eq(contacts.phone, '+13105550103'));
    const expected = [
      { windowKey: 'US;US-NY;America/New_York', state: 'done', count: 1 },
      { windowKey: 'US;US-NY;America/New_York', state: 'waiting', count: 1 },
    ];
    expect(await countContacts(t.db, campaign.id)).toEqual(expected);
    await Promise.all([1, 2, 3].map(() => foldContactCounts(t.db, campaign.id)));
    expect(await countContacts(t.db, campaign.id)).toEqual(expected);
    expect(await t.db.$count(contactCounts)).toBe(2);
  });

  test('say which priorities wait, also when those change', async () => {
    await using t = await testContext();
    const { campaign } = await campaigner(t);
    for (const phone of ['+12125550101', '+12125550102']) await contactRow(t, campaign, { phone });
    const groups = async () => {
      const open = openGroups(await readWaiting(t.db, campaign.id), ruleSettings.parse({}), [], noon);
      return [...open.groups].sort((a, b) => a.priority - b.priority);
    };
    const key = 'US;US-NY;America/New_York';
    expect(await groups()).toEqual([{ key, priority: 5 }]);
    await t.db.update(contacts).set({ priority: 9 }).where(eq(contacts.phone, '+12125550102'));
    const both = [
      { key, priority: 5 },
      { key, priority: 9 },
    ];
    expect(await groups()).toEqual(both);
    await foldContactCounts(t.db, campaign.id);
    expect(await groups()).toEqual(both);
    await t.db.update(contacts).set({ state: 'done' }).where(eq(contacts.phone, '+12125550101'));
    expect(await groups()).toEqual([{ key, priority: 9 }]);
  });
});
