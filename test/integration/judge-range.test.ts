import { randomUUID } from 'node:crypto';
import { eq } from 'drizzle-orm';
import { describe, expect, test, vi } from 'vitest';
import { judge } from '../../cli/commands/judge.ts';
import {
  decide,
  type JudgedCampaign,
  judgeRange,
  type Violation,
} from '../../core/campaigns/ledger/index.ts';
import { recordDecisions } from '../../core/campaigns/ledger/record-decisions.ts';
import { placeOfKey, rulesVersion } from '../../core/campaigns/rules/index.ts';
import { addDoNotCall, liftDoNotCall, optOut } from '../../core/contacts/index.ts';
import { agents } from '../../db/schema/agents.ts';
import { attempts } from '../../db/schema/attempts.ts';
import { calls } from '../../db/schema/calls.ts';
import { campaignVersions } from '../../db/schema/campaign-versions.ts';
import { campaigns } from '../../db/schema/campaigns.ts';
import type { ContactRow } from '../factories/campaigns.ts';
import { campaigner, campaignRow, contactRow } from '../factories/campaigns.ts';
import { type TestContext, testContext } from '../harness/context.ts';

/** A Tuesday, noon in New York. */
const noon = Date.parse('2026-03-03T17:00:00Z');
const hour = 3_600_000;
const ada = '+12125550101';

/** As the engine dials: decision, attempt, call. `cheat` leaves the decision to the test. */
async function dial(
  t: TestContext,
  campaign: JudgedCampaign,
  contact: ContactRow,
  atMs: number,
  more: Partial<typeof calls.$inferInsert> & { readonly cheat?: 'allowed' | 'undecided' } = {},
): Promise<string> {
  const { cheat, ...values } = more;
  const attemptId = values.id ?? randomUUID();
  if (cheat === undefined) {
    const contacts = [{ ...contact, attemptId }];
    const [one] = await decide(t.db, { campaign, stage: 'invite', contacts, atMs });
    if (!one?.judgement.allowed) throw new Error(one?.judgement.reason);
  }
  if (cheat === 'allowed') await forge(t, campaign, contact, attemptId, atMs);
  const { workspaceId, phone, id: contactId } = contact;
  const [agent] = await t.db.select().from(agents);
  const [dialedAt, endedAt] = [new Date(atMs), new Date(atMs + 60_000)];
  const number = (await t.db.$count(attempts)) + 1;
  await t.db
    .insert(attempts)
    .values({
      ...{ id: attemptId, workspaceId, campaignId: campaign.id, contactId, number, phone, dialedAt, endedAt },
      ...{ fromNumber: '+12025550199', trunk: 'carrier.test', state: 'ended' },
    })
    .onConflictDoNothing();
  await t.db
    .insert(calls)
    .values({
      ...{ id: attemptId, workspaceId, campaignId: campaign.id, agentId: agent?.id ?? '' },
      ...{ agentVersionId: agent?.liveVersionId ?? '', channel: 'phone', direction: 'outbound' },
      ...{ status: 'ended', roomName: `call-${attemptId}`, toNumber: phone, dialedAt, endedAt },
      ...{ finalizedAt: endedAt, disposition: 'no_answer' },
      ...values,
    })
    .onConflictDoNothing();
  return attemptId;
}

/** What a dialer that breaks the rules would write. */
const forge = (
  t: TestContext,
  campaign: JudgedCampaign,
  contact: ContactRow,
  attemptId: string,
  atMs: number,
) =>
  recordDecisions(t.db, [
    {
      ...{
        workspaceId: campaign.workspaceId,
        campaignId: campaign.id,
        contactId: contact.id,
        attemptId,
        atMs,
      },
      ...{ phone: contact.phone, stage: 'invite', allowed: true, reason: 'allowed', rulesVersion },
      ...{ campaignVersion: campaign.version, zones: placeOfKey(contact.windowKey).zones },
      facts: {
        ...{ country: 'US', regions: ['US-NY'], packs: [], consent: contact.consent, listed: null },
        ...{ listVersion: 0, registries: [], dialed: { day: 0, week: 0, ever: 0 }, nextLegalAt: null },
      },
    },
  ]);

async function judged(t: TestContext, from = new Date(0), to = new Date(noon + 400 * 24 * hour)) {
  const violations: Violation[] = [];
  const verdict = await judgeRange(t.db, { from, to }, (violation) => violations.push(violation));
  return { verdict, kinds: violations.map(({ kind }) => kind), violations };
}

describe('the judge', () => {
  test('finds nothing in what was dialed by the rules, however many wait, are refused or opt out later', async () => {
    await using t = await testContext();
    const { campaign, ctx } = await campaigner(t);
    const contact = await contactRow(t, campaign, { phone: ada });
    await dial(t, campaign, contact, noon);
    await dial(t, campaign, contact, noon + 3 * hour);
    await decide(t.db, { campaign, stage: 'queue', contacts: [contact], atMs: noon + 12 * hour });
    await optOut(ctx, { phone: ada });
    expect(await judged(t)).toMatchObject({ verdict: { decisions: 2, calls: 2, violations: 0 } });
  });

  test('names every kind of breach, whatever the dialer says', async () => {
    await using t = await testContext();
    const caps = { perDay: 2, perWeek: 4, total: 5 };
    const { campaign, ctx } = await campaigner(t, { windows: {}, caps });
    const open = async (version: number, rules: JudgedCampaign['rules']) => {
      await t.db.insert(campaignVersions).values({ campaignId: campaign.id, version, rules });
      return { ...campaign, version, rules };
    };
    const day = [{ from: '09:00', to: '17:00' }];
    const week = { monday: day, tuesday: day, wednesday: day, thursday: day, friday: day };
    const mine = await open(2, { ...campaign.rules, windows: week });
    let count = 0;
    const fresh = (more: Partial<ContactRow> = {}) =>
      contactRow(t, mine, { ...more, phone: `+1212555${1_000 + count++}` });
    const cheat = { cheat: 'allowed' } as const;

    const found: Record<string, unknown> = {};
    const late = await fresh();
    await dial(t, mine, late, noon + 6 * hour, cheat);
    const unasked = await fresh({ consent: 'express' });
    await dial(t, mine, unasked, noon, cheat);
    const lost = await fresh({ windowKey: ';;' });
    await dial(t, mine, lost, noon, cheat);
    const angry = await fresh();
    await optOut(ctx, { phone: angry.phone });
    await dial(t, mine, angry, noon, cheat);
    const pestered = await fresh();
    for (const at of [noon, noon + hour, noon + 2 * hour]) await dial(t, mine, pestered, at, cheat);
    const wooed = await fresh();
    for (const days of [0, 1, 2, 3, 6]) await dial(t, mine, wooed, noon + days * 24 * hour, cheat);
    const wild = await fresh();
    await dial(t, mine, wild, noon, { cheat: 'undecided' });
    const doubled = await fresh();
    const id = await dial(t, mine, doubled, noon, cheat);
    await dial(t, mine, doubled, noon + 1, { ...cheat, id });
    const talking = await fresh();
    await dial(t, mine, talking, noon, { ...cheat, endedAt: new Date(noon + hour) });
    await dial(t, mine, talking, noon + 60_000, cheat);
    const forgotten = await fresh();
    await dial(t, { ...mine, version: 9 }, forgotten, noon, cheat);

    const { violations } = await judged(t);
    for (const { kind, contactId, phone } of violations) found[`${kind}`] = contactId ?? phone;
    expect(found).toEqual({
      outside_window: late.id,
      consent_missing: unasked.id,
      zone_unknown: lost.id,
      do_not_call: angry.id,
      cap_day: pestered.id,
      cap_week: wooed.id,
      undecided: wild.phone,
      twice: talking.id,
      unreadable: forgotten.id,
    });
    expect(violations).toHaveLength(10);
  });

  test('finds two calls to one number at once, of whichever campaigns', async () => {
    await using t = await testContext();
    const owner = await campaigner(t);
    const sister = await campaignRow(t, owner);
    const mine = await contactRow(t, owner.campaign, { phone: ada });
    const hers = await contactRow(t, sister, { phone: ada });
    await dial(t, owner.campaign, mine, noon, { cheat: 'allowed', endedAt: new Date(noon + hour) });
    await dial(t, sister, hers, noon + 60_000, { cheat: 'allowed' });
    expect((await judged(t)).violations).toMatchObject([{ kind: 'twice', contactId: hers.id }]);
  });

  test('judges the hour of the INVITE, not that of the decision', async () => {
    await using t = await testContext();
    const { campaign } = await campaigner(t);
    const contact = await contactRow(t, campaign, { phone: ada });
    // Nine in the evening in New York.
    const closing = noon + 9 * hour;
    await dial(t, campaign, contact, closing - 5_000, { dialedAt: new Date(closing + 5_000) });
    expect((await judged(t)).kinds).toEqual(['outside_window']);
  });

  test('counts lists as they were: an entry that was lifted before binds nobody', async () => {
    await using t = await testContext();
    const { campaign, ctx } = await campaigner(t);
    const contact = await contactRow(t, campaign, { phone: ada });
    await addDoNotCall(ctx, { phones: [ada] });
    await liftDoNotCall(ctx, { phones: [ada] });
    await dial(t, campaign, contact, noon);
    expect((await judged(t)).kinds).toEqual([]);
  });

  test('finds abandonment over 3 % of 30 days, in the campaign where it was, and leaves one mishap alone', async () => {
    await using t = await testContext();
    const { campaign } = await campaigner(t);
    const answer = async (
      n: number,
      disposition: 'completed' | 'abandoned' | 'voicemail',
      days: number,
      wordAfterMs = disposition === 'completed' ? 300 : null,
    ) => {
      const answeredAt = new Date(noon + days * 24 * hour);
      const firstWordAt = wordAfterMs === null ? null : new Date(answeredAt.getTime() + wordAfterMs);
      const contact = await contactRow(t, campaign, { phone: `+1212555${2_000 + n}` });
      await dial(t, campaign, contact, answeredAt.getTime(), { answeredAt, firstWordAt, disposition });
    };
    await answer(0, 'abandoned', 0);
    for (let n = 1; n < 12; n++) await answer(n, n % 2 ? 'completed' : 'voicemail', n);
    expect((await judged(t)).kinds).toEqual([]);
    // They talked after all; that nobody spoke for two seconds stays.
    await answer(20, 'completed', 29, 2_001);
    const { violations } = await judged(t);
    expect(violations).toMatchObject([
      { kind: 'abandoned', campaignId: campaign.id, detail: expect.stringContaining('2 of 8 live answers') },
    ]);
    // A campaign that is deleted takes nothing of it along.
    await t.db.delete(campaigns).where(eq(campaigns.id, campaign.id));
    expect((await judged(t)).kinds).toEqual(['abandoned']);
    // A day later the first one is more than 30 days ago.
    await answer(21, 'completed', 30);
    expect((await judged(t)).violations).toHaveLength(1);
  });

  test('keeps to its range', async () => {
    await using t = await testContext();
    const { campaign } = await campaigner(t);
    const contact = await contactRow(t, campaign, { phone: ada, consent: 'denied' });
    await dial(t, campaign, contact, noon, { cheat: 'allowed' });
    expect((await judged(t, new Date(noon), new Date(noon + 1))).kinds).toEqual(['consent_denied']);
    expect((await judged(t, new Date(noon + 1))).verdict).toEqual({ decisions: 0, calls: 0, violations: 0 });
    expect((await judged(t, new Date(0), new Date(noon))).verdict.decisions).toBe(0);
  });
});

describe('trunkline judge', () => {
  test('ends with 1 when there is a violation, prints it, and with 0 when there is none', async () => {
    await using t = await testContext();
    const { campaign } = await campaigner(t);
    const lines: string[] = [];
    const output = {
      ...{ line: (text = '') => lines.push(text), done: (text: string) => lines.push(text) },
      ...{ fail: (text: string) => lines.push(text), notice: () => {}, warn: () => {} },
      progress: <T>(_: string, run: () => Promise<T>) => run(),
    };
    vi.stubEnv('DATABASE_URL', t.databaseUrl);
    try {
      const contact = await contactRow(t, campaign, { phone: ada });
      await dial(t, campaign, contact, noon);
      expect(await judge({ flags: {}, output })).toBe(0);
      expect(lines.splice(0)).toEqual(['1 decisions to dial and 1 calls judged']);
      const callId = await dial(t, campaign, contact, noon + 12 * hour, { cheat: 'allowed' });
      expect(await judge({ flags: {}, output })).toBe(1);
      expect(lines.splice(0).join('\n')).toMatch(
        new RegExp(`outside_window.+${callId}[^]+2 calls judged: 1 viol`),
      );
      expect(await judge({ flags: { to: '2026-03-04', json: true }, output })).toBe(0);
      expect(lines.map((line) => JSON.parse(line))).toEqual([{ decisions: 1, calls: 1, violations: 0 }]);
      await expect(judge({ flags: { from: 'yesterday' }, output })).rejects.toThrow('--from is not a moment');
      await expect(judge({ flags: { campaign: 'x' }, output })).rejects.toThrow('--campaign takes an id');
      // Nothing is recorded of it, and that is no clean record.
      const nobody = judge({ flags: { campaign: randomUUID() }, output });
      await expect(nobody).rejects.toThrow('There is no campaign of this id');
      await expect(judge({ flags: { workspace: randomUUID() }, output })).rejects.toThrow('no workspace');
      const early = { campaign: campaign.id, to: '2026-01-01' };
      expect(await judge({ flags: early, output })).toBe(0);
    } finally {
      vi.unstubAllEnvs();
    }
  });
});
