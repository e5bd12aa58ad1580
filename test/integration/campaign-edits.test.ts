import { eq, sql } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
import { beginDial, clearDial } from '../../core/calls/index.ts';
import { finishReopening, healCampaigns } from '../../core/campaigns/engine/index.ts';
import {
  createCampaign,
  startCampaign,
  stopCampaign,
  updateCampaignSettings,
} from '../../core/campaigns/index.ts';
import { calls } from '../../db/schema/calls.ts';
import { campaigns } from '../../db/schema/campaigns.ts';
import { contacts } from '../../db/schema/contacts.ts';
import { outbox } from '../../db/schema/outbox.ts';
import { callableNumber } from '../factories/callable.ts';
import { allDay } from '../factories/campaigns.ts';
import {
  addPerson,
  attemptsOf,
  contactOf,
  dialAndEnd,
  dialer,
  runningCampaign,
  statusOf,
} from '../factories/dialer.ts';
import { newAgent, newLine } from '../factories/lines.ts';
import { newPerson } from '../factories/people.ts';
import { type TestContext, testContext } from '../harness/context.ts';

test('people whom only the rules of their campaign had blocked wait again when those are changed', async () => {
  await using t = await testContext();
  const windows = { sunday: [{ from: '09:00', to: '10:00' }] };
  const { campaign, ctx } = await runningCampaign(t, { rules: { windows } });
  const person = { state: 'blocked', windowKey: ';;Europe/Berlin', consent: 'express' } as const;
  const add = (n: number, more: object) => addPerson(t, campaign, callableNumber(n), { ...person, ...more });
  const shut = await add(1, { blockedReason: 'never_open' });
  const silent = await add(2, { blockedReason: 'consent_missing', consent: 'unknown' });
  const listed = await add(3, { blockedReason: 'do_not_call' });
  const capped = await add(4, { blockedReason: 'cap_total' });
  const stateOf = async ({ id }: { id: string }) => (await contactOf(t, id)).state;
  const states = () => Promise.all([shut, silent, listed, capped].map(stateOf));
  const change = (rules: object) =>
    updateCampaignSettings(ctx, { campaign: campaign.id, change: { rules } as never });
  await updateCampaignSettings(ctx, { campaign: campaign.id, change: { name: 'Renamed' } });
  expect(await states()).toEqual(['blocked', 'blocked', 'blocked', 'blocked']);
  // Nobody is called on Sundays there.
  await change({ windows: { ...windows, monday: [{ from: '09:00', to: '10:00' }] } });
  expect(await states()).toEqual(['waiting', 'blocked', 'blocked', 'waiting']);
  await change({ windows: allDay, purpose: 'informational' });
  expect(await states()).toEqual(['waiting', 'waiting', 'blocked', 'waiting']);
});

test('people who have had their calls are called again when the campaign allows more of that kind', async () => {
  await using t = await testContext();
  const once = { most: 0 };
  const retries = (more: object): object =>
    ({ retries: { busy: once, noAnswer: once, failed: once, ...more } }) as never;
  const { campaign, ctx, contacts: people } = await runningCampaign(t, { people: 4, ...retries({}) });
  const clerk = dialer(t);
  await clerk.warm();
  const ends = { busy: 486, no_answer: null, failed: 404, gone: 410 } as const;
  const outcomeOf = new Map<string, keyof typeof ends>();
  const called = (await attemptsOf(t, campaign.id)).sort((a, b) => (a.phone < b.phone ? -1 : 1));
  for (const [index, outcome] of (Object.keys(ends) as (keyof typeof ends)[]).entries()) {
    const { id = '', contactId = '' } = called[index] ?? {};
    outcomeOf.set(contactId, outcome);
    await dialAndEnd(t, id, outcome === 'gone' ? 'failed' : outcome, { sipStatus: ends[outcome] });
  }
  const states = async () =>
    Object.fromEntries(
      await Promise.all(
        people.map(async ({ id }) => [outcomeOf.get(id), (await contactOf(t, id)).state] as const),
      ),
    );
  const all = (state: string) => ({ busy: state, no_answer: state, failed: state, gone: state });
  expect(await states()).toEqual(all('exhausted'));
  await clerk.look();
  expect(await statusOf(t, campaign.id)).toMatchObject({ status: 'finished' });
  const change = async (more: object) => {
    const { id, version } = await updateCampaignSettings(ctx, {
      campaign: campaign.id,
      change: retries(more),
    });
    await finishReopening(t.system(), { campaignId: id, version });
  };
  await change({ maxAttempts: 9 });
  expect(await states()).toEqual(all('exhausted'));
  await change({ busy: { most: 1, delayMs: 0, jitter: 0 }, maxAttempts: 9 });
  expect(await states()).toEqual({ ...all('exhausted'), busy: 'waiting' });
  await change({ busy: { most: 1 }, noAnswer: { most: 1 }, failed: { most: 2 } });
  expect(await states()).toEqual({ ...all('waiting'), gone: 'exhausted' });
  await startCampaign(ctx, { campaign: campaign.id });
  await clerk.look(Date.now() + 1_000);
  expect(await states()).toEqual({ ...all('waiting'), gone: 'exhausted', busy: 'reserved' });
});

test('stopping drops the calls that are on, when asked to, and nobody is called any more', async () => {
  await using t = await testContext();
  const { campaign, ctx } = await runningCampaign(t, { people: 2 });
  await dialer(t).look();
  const [one] = await attemptsOf(t, campaign.id);
  const callId = one?.id ?? '';
  await beginDial(t.system(), { callId });
  await clearDial(t.system(), { callId });
  await stopCampaign(ctx, { campaign: campaign.id, liveCalls: 'drop' });
  const [call] = await t.db.select().from(calls).where(eq(calls.id, callId));
  expect(call?.endRequestedAt).toBeInstanceOf(Date);
  expect(await t.db.select().from(outbox).where(eq(outbox.name, 'end-call'))).toMatchObject([
    { payload: { callId } },
  ]);
  await addPerson(t, campaign, callableNumber(9));
  await dialer(t).look();
  expect(await attemptsOf(t, campaign.id)).toHaveLength(2);
});

test('a start that is moved ahead is waited for; one that is taken away has come', async () => {
  await using t = await testContext();
  const { campaign, ctx } = await runningCampaign(t, { people: 2 });
  const edit = (startsAt: Date | null) =>
    updateCampaignSettings(ctx, { campaign: campaign.id, change: { startsAt } });
  expect(await edit(new Date(Date.now() + 3 * 86_400_000))).toMatchObject({ status: 'scheduled' });
  expect(await dialer(t).look()).toEqual({ placed: 0, considered: 0 });
  await edit(null);
  expect(await dialer(t).look()).toEqual({ placed: 2, considered: 2 });
});

test('a campaign whose budget does not pay for one call is refused, with the field and the reason', async () => {
  await using t = await testContext();
  const owner = await newPerson(t);
  const agent = await newAgent(owner.ctx);
  const line = await newLine(t, owner.ctx, agent.id);
  const given = { name: 'Cheap', agentId: agent.id, fromNumbers: [line.e164], minutePriceMicros: 50_000 };
  await expect(createCampaign(owner.ctx, { ...given, budgetMicros: 1_000_000 })).rejects.toMatchObject({
    ...{ code: 'invalid', fields: [{ path: 'budgetMicros', message: expect.stringContaining('costs 1.5') }] },
  });
  await createCampaign(owner.ctx, { ...given, budgetMicros: 1_500_000 });
});

describe('more people than are let wait again at once', () => {
  /** A campaign of hours that nobody has, with this many people whom they have blocked. */
  async function crowd(t: TestContext, people: number) {
    const windows = { sunday: [{ from: '09:00', to: '10:00' }] };
    const made = await runningCampaign(t, { rules: { windows } });
    await t.db.execute(sql`
      insert into contacts (id, workspace_id, campaign_id, phone, window_key, consent, state, blocked_reason)
      select gen_random_uuid(), ${made.workspaceId}, ${made.campaign.id}, '+4930' || 1000000 + n,
        ';;Europe/Berlin', 'express', 'blocked', 'never_open' from generate_series(1, ${people}::int) n`);
    const change = (rules: object) =>
      updateCampaignSettings(made.ctx, { campaign: made.campaign.id, change: { rules } as never });
    const waiting = () => t.db.$count(contacts, eq(contacts.state, 'waiting'));
    const jobs = async () =>
      (await t.db.select().from(outbox).where(eq(outbox.name, 'reopen-contacts'))).map(
        ({ payload }) => payload as Parameters<typeof finishReopening>[1],
      );
    const campaign = async () => (await statusOf(t, made.campaign.id)) ?? made.campaign;
    return { ...made, change, waiting, jobs, campaign };
  }

  test('wait again when a job has let them, and the campaign does not end before', async () => {
    await using t = await testContext();
    const { change, waiting, jobs, campaign } = await crowd(t, 12_000);
    const changed = await change({ windows: allDay, purpose: 'informational' });
    expect(await waiting()).toBe(5_000);
    expect(await jobs()).toEqual([{ campaignId: changed.id, version: changed.version }]);
    // Those who wait already are called, and are done.
    await t.db.update(contacts).set({ state: 'done' }).where(eq(contacts.state, 'waiting'));
    await dialer(t).look();
    expect(await campaign()).toMatchObject({ status: 'running' });
    for (const job of await jobs()) await finishReopening(t.system(), job);
    expect(await waiting()).toBe(7_000);
    expect(await campaign()).toMatchObject({ reopening: null });
    await t.db.update(contacts).set({ state: 'done' }).where(eq(contacts.state, 'waiting'));
    await dialer(t).look();
    expect(await campaign()).toMatchObject({ status: 'finished' });
  });

  test('are left alone by a job of rules that have changed since; the later one does the rest', async () => {
    await using t = await testContext();
    const { change, waiting, jobs, campaign } = await crowd(t, 11_000);
    await change({ windows: allDay, purpose: 'informational' });
    await change({ windows: allDay, purpose: 'informational', caps: { perDay: 3 } });
    expect(await waiting()).toBe(10_000);
    const [first, second] = await jobs();
    if (!first || !second) throw new Error('Each change has a job.');
    await finishReopening(t.system(), first);
    expect([await waiting(), (await campaign()).reopening]).toEqual([
      10_000,
      { reasons: ['never_open'], version: second.version },
    ]);
    await finishReopening(t.system(), second);
    expect([await waiting(), (await campaign()).reopening]).toEqual([11_000, null]);
  });

  test('are not forgotten with a job that the queue has lost', async () => {
    await using t = await testContext();
    const { change, jobs } = await crowd(t, 5_001);
    const { id } = await change({ windows: allDay, purpose: 'informational' });
    await healCampaigns(t.system(), {});
    expect(await jobs()).toHaveLength(1);
    await t.db
      .update(campaigns)
      .set({ updatedAt: new Date(Date.now() - 11 * 60_000) })
      .where(eq(campaigns.id, id));
    await healCampaigns(t.system(), {});
    await healCampaigns(t.system(), {});
    expect(await jobs()).toHaveLength(2);
  });
});

describe('more people who have had their calls than are looked at at once', () => {
  /** A campaign with this many people who wait for another call after two that came to nothing. */
  async function tired(t: TestContext, people: number) {
    const made = await runningCampaign(t);
    const { workspaceId, campaign } = made;
    // Last of all.
    const fresh = await addPerson(t, campaign, callableNumber(1));
    await t.db.execute(sql`
      with added as (
        insert into contacts (id, workspace_id, campaign_id, phone, window_key, consent, attempts, next_attempt_at)
        select gen_random_uuid(), ${workspaceId}, ${campaign.id}, '+4930' || 1000000 + n, ${fresh.windowKey}, 'written', 2,
          now() - interval '1 hour' - n * interval '1 second' from generate_series(1, ${people}::int) n returning id, phone)
      insert into attempts (id, workspace_id, campaign_id, contact_id, number, phone, from_number, trunk, state, outcome,
        dialed_at, ended_at)
      select gen_random_uuid(), ${workspaceId}, ${campaign.id}, id, number, phone, '+4930', 'trunk', 'ended', 'no_answer',
        now() - interval '1 day', now() - interval '1 day' from added, generate_series(1, 2) number`);
    const change = (maxAttempts: number) =>
      updateCampaignSettings(made.ctx, {
        campaign: campaign.id,
        change: { retries: { maxAttempts } } as never,
      });
    const count = (state: 'waiting' | 'exhausted') => t.db.$count(contacts, eq(contacts.state, state));
    const jobs = async () =>
      (await t.db.select().from(outbox).where(eq(outbox.name, 'reopen-contacts'))).map(
        ({ payload }) => payload as Parameters<typeof finishReopening>[1],
      );
    return { ...made, fresh, change, count, jobs };
  }

  test('are left alone by a job, and called by nobody before it', async () => {
    await using t = await testContext();
    const { campaign, fresh, change, count, jobs } = await tired(t, 11_000);
    const changed = await change(2);
    expect(await count('exhausted')).toBe(5_000);
    expect(await jobs()).toEqual([{ campaignId: changed.id, version: changed.version }]);
    expect(await dialer(t).look()).toMatchObject({ placed: 0 });
    for (const job of await jobs()) await finishReopening(t.system(), job);
    expect([await count('exhausted'), await count('waiting')]).toEqual([11_000, 1]);
    await dialer(t).look();
    expect(await contactOf(t, fresh.id)).toMatchObject({ state: 'reserved' });
    expect(await statusOf(t, campaign.id)).toMatchObject({ reopening: null });
  });

  test('all wait again when more calls are allowed, before the job has come to them or after', async () => {
    await using t = await testContext();
    const { campaign, change, count, jobs } = await tired(t, 6_000);
    await change(2);
    expect(await count('exhausted')).toBe(5_000);
    await change(5);
    for (const job of await jobs()) await finishReopening(t.system(), job);
    expect([await count('exhausted'), await count('waiting')]).toEqual([0, 6_001]);
    await change(1);
    for (const job of await jobs()) await finishReopening(t.system(), job);
    expect([await count('exhausted'), await count('waiting')]).toEqual([6_000, 1]);
    await change(2);
    for (const job of await jobs()) await finishReopening(t.system(), job);
    expect(await count('exhausted')).toBe(6_000);
    await change(3);
    for (const job of await jobs()) await finishReopening(t.system(), job);
    expect([await count('exhausted'), await count('waiting')]).toEqual([0, 6_001]);
    expect(await statusOf(t, campaign.id)).toMatchObject({ reopening: null });
  });
});
