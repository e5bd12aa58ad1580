import { eq } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
import { reserveContacts } from '../../core/campaigns/engine/index.ts';
import {
  createCampaign,
  getCampaignStatus,
  startCampaign,
  updateCampaignSettings,
} from '../../core/campaigns/index.ts';
import { optOut } from '../../core/contacts/index.ts';
import { callRegistries } from '../../db/schema/call-registries.ts';
import { calls } from '../../db/schema/calls.ts';
import { campaigns } from '../../db/schema/campaigns.ts';
import { decisions } from '../../db/schema/decisions.ts';
import { outbox } from '../../db/schema/outbox.ts';
import { callableNumber, uncallableNumber } from '../factories/callable.ts';
import { allDay } from '../factories/campaigns.ts';
import { addPerson, attemptsOf, contactOf, dialer, host, runningCampaign } from '../factories/dialer.ts';
import { newAgent, newLine } from '../factories/lines.ts';
import { newPerson } from '../factories/people.ts';
import { testContext } from '../harness/context.ts';

describe('a look of the dialer', () => {
  test('places one call for each person who may be called, and says of everybody why or why not', async () => {
    await using t = await testContext();
    const { campaign, ctx } = await runningCampaign(t, { people: 3 });
    await optOut(ctx, { phone: callableNumber(50) });
    const listed = await addPerson(t, campaign, callableNumber(50));
    const asleep = await addPerson(t, campaign, uncallableNumber(51));
    expect(await dialer(t).look()).toEqual({ placed: 3, considered: 4 });
    const placed = await attemptsOf(t, campaign.id);
    expect(placed).toHaveLength(3);
    expect(placed.every(({ state, number }) => state === 'reserved' && number === 1)).toBe(true);
    const rows = await t.db.select().from(calls).where(eq(calls.campaignId, campaign.id));
    expect(rows.map(({ id }) => id).sort()).toEqual(placed.map(({ id }) => id).sort());
    expect(rows.every(({ status, dialedAt }) => status === 'queued' && dialedAt === null)).toBe(true);
    const sent = await t.db.select().from(outbox).where(eq(outbox.name, 'dial-call'));
    expect(sent.map(({ key }) => key).sort()).toEqual(placed.map(({ id }) => `dial-${id}`).sort());
    expect(await contactOf(t, listed.id)).toMatchObject({ state: 'blocked', blockedReason: 'do_not_call' });
    expect(await contactOf(t, asleep.id)).toMatchObject({ state: 'waiting', attempts: 0 });
    const ledger = await t.db.select().from(decisions).where(eq(decisions.stage, 'queue'));
    expect(ledger.map(({ reason }) => reason).sort()).toEqual([
      ...['allowed', 'allowed', 'allowed', 'do_not_call'],
    ]);
    expect(await dialer(t).look()).toEqual({ placed: 0, considered: 0 });
  });

  test('never calls the only number that it could call from, and does not ask again for ever', async () => {
    await using t = await testContext();
    const number = callableNumber(77);
    const owner = await newPerson(t);
    const agent = await newAgent(owner.ctx);
    await newLine(t, owner.ctx, agent.id, number);
    t.ports.workerHosts = [host(10)];
    const campaign = await createCampaign(owner.ctx, {
      ...{ name: 'Reminders', agentId: agent.id, fromNumbers: [number], rules: { windows: allDay } },
    });
    await startCampaign(owner.ctx, { campaign: campaign.id });
    const us = await addPerson(t, campaign, number);
    const person = await addPerson(t, campaign, callableNumber(78));
    await dialer(t).look();
    expect(await contactOf(t, us.id)).toMatchObject({ state: 'blocked', blockedReason: 'own_number' });
    const [verdict] = await t.db.select().from(decisions).where(eq(decisions.contactId, us.id));
    expect(verdict).toMatchObject({ stage: 'queue', allowed: false, reason: 'own_number' });
    expect((await attemptsOf(t, campaign.id)).map(({ contactId }) => contactId)).toEqual([person.id]);
  });

  test('of many at the same moment never takes anybody twice', async () => {
    await using t = await testContext();
    const { campaign, line } = await runningCampaign(t, { people: 30 });
    const take = () =>
      reserveContacts(t.system(), {
        ...{ campaignId: campaign.id, slots: { [line.sipAddress]: 8 }, costMicros: 0, atMs: Date.now() },
      });
    await Promise.all([take(), take(), take(), take(), take()]);
    const placed = await attemptsOf(t, campaign.id);
    expect(new Set(placed.map(({ contactId }) => contactId)).size).toBe(placed.length);
    expect(placed.length).toBeGreaterThanOrEqual(8);
    await Promise.all([1, 2, 3].map(() => dialer(t).look()));
    const all = await attemptsOf(t, campaign.id);
    expect(all).toHaveLength(30);
    expect(new Set(all.map(({ contactId }) => contactId)).size).toBe(30);
  });

  test('does not wait for a campaign that is being changed', async () => {
    await using t = await testContext();
    const changed = await runningCampaign(t, { people: 1 });
    const other = await runningCampaign(t, { people: 1 });
    const look = await t.db.transaction(async (tx) => {
      await tx.update(campaigns).set({ name: 'Long' }).where(eq(campaigns.id, changed.campaign.id));
      return dialer(t).look();
    });
    expect(look).toEqual({ placed: 1, considered: 1 });
    expect(await attemptsOf(t, other.campaign.id)).toHaveLength(1);
    expect(await dialer(t).look()).toEqual({ placed: 1, considered: 1 });
  });

  test('shows a number of the person’s area, where the campaign wants that', async () => {
    await using t = await testContext();
    const phone = callableNumber(1);
    const { campaign, ctx, agent, line } = await runningCampaign(t);
    const near = await newLine(t, ctx, agent.id, `${phone.slice(0, -3)}999`);
    await updateCampaignSettings(ctx, {
      ...{ campaign: campaign.id, change: { fromNumbers: [line.e164, near.e164], localPresence: true } },
    });
    await addPerson(t, campaign, phone);
    await dialer(t).look();
    expect(await attemptsOf(t, campaign.id)).toMatchObject([{ fromNumber: near.e164 }]);
  });

  test('lets the numbers of a campaign take turns, also when it places one call at a time', async () => {
    await using t = await testContext();
    const owner = await newPerson(t);
    const agent = await newAgent(owner.ctx);
    const pool = ['+13125550101', '+13125550102', '+13125550103'];
    for (const number of pool) await newLine(t, owner.ctx, agent.id, number);
    const campaign = await createCampaign(owner.ctx, {
      ...{ name: 'Pool', agentId: agent.id, fromNumbers: pool, rules: { windows: allDay } },
    });
    await startCampaign(owner.ctx, { campaign: campaign.id });
    t.ports.workerHosts = [host(1_000)];
    const one = dialer(t, { trunkChannels: 1_000, trunkCallsPerSecond: 1 });
    for (let look = 0; look < 30; look++) {
      await addPerson(t, campaign, callableNumber(look));
      await one.look(Date.now() + look * 4_000);
    }
    const placed = await attemptsOf(t, campaign.id);
    expect(placed).toHaveLength(30);
    const shares = pool.map((number) => placed.filter(({ fromNumber }) => fromNumber === number).length);
    expect(Math.max(...shares)).toBeLessThan(20);
  });

  test('rings nobody who has called in and is on the phone', async () => {
    await using t = await testContext();
    const { campaign, agent, line, workspaceId } = await runningCampaign(t, { people: 2 });
    const [call] = await t.db
      .insert(calls)
      .values({
        ...{ workspaceId, agentId: agent.id, agentVersionId: agent.liveVersionId, phoneNumberId: line.id },
        ...{ channel: 'phone', direction: 'inbound', status: 'active', roomName: 'in' },
        ...{ fromNumber: callableNumber(0), toNumber: line.e164 },
      })
      .returning();
    await dialer(t).look();
    expect(await attemptsOf(t, campaign.id)).toMatchObject([{ phone: callableNumber(1) }]);
    const over = new Date();
    await t.db
      .update(calls)
      .set({ status: 'ended', endedAt: over, finalizedAt: over, disposition: 'completed' })
      .where(eq(calls.id, call?.id ?? ''));
    await dialer(t).look(Date.now() + 6 * 60_000);
    expect(await attemptsOf(t, campaign.id)).toHaveLength(2);
  });

  test('calls nobody twice at once, whichever campaign asks', async () => {
    await using t = await testContext();
    const one = await runningCampaign(t, { people: 1 });
    await addPerson(t, one.campaign, callableNumber(0));
    await dialer(t).look();
    expect(await attemptsOf(t, one.campaign.id)).toHaveLength(1);
  });
});

test('people whose registry is too old are not taken, not even to be refused, and the campaign says why', async () => {
  await using t = await testContext();
  const { campaign, ctx, workspaceId } = await runningCampaign(t, { people: 2 });
  const fetchedAt = (daysAgo: number) => new Date(Date.now() - daysAgo * 86_400_000);
  await t.db.insert(callRegistries).values({
    ...{
      workspaceId,
      name: 'National',
      country: 'US',
      version: 1,
      state: 'ready',
      maxAgeMs: 30 * 86_400_000,
    },
    fetchedAt: fetchedAt(31),
  });
  expect(await dialer(t).look()).toEqual({ placed: 0, considered: 0 });
  expect(await t.db.$count(decisions)).toBe(0);
  expect(await getCampaignStatus(ctx, { campaign: campaign.id })).toMatchObject({ bottleneck: 'registry' });
  await t.db.update(callRegistries).set({ fetchedAt: fetchedAt(0) });
  expect(await dialer(t).look()).toEqual({ placed: 2, considered: 2 });
});
