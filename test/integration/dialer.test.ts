import { eq, sql } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
import { beginDial, clearDial, endCall, startWebCall } from '../../core/calls/index.ts';
import { beginTransferDial } from '../../core/calls/transfers/index.ts';
import { healCampaigns, reserveContacts } from '../../core/campaigns/engine/index.ts';
import {
  createCampaign,
  getCampaignStatus,
  startCampaign,
  stopCampaign,
  updateCampaignSettings,
} from '../../core/campaigns/index.ts';
import { optOut } from '../../core/contacts/index.ts';
import { attempts } from '../../db/schema/attempts.ts';
import { callRegistries } from '../../db/schema/call-registries.ts';
import { callTransfers } from '../../db/schema/call-transfers.ts';
import { calls } from '../../db/schema/calls.ts';
import { campaignDays } from '../../db/schema/campaign-days.ts';
import { campaigns } from '../../db/schema/campaigns.ts';
import { contacts } from '../../db/schema/contacts.ts';
import { decisions } from '../../db/schema/decisions.ts';
import { outbox } from '../../db/schema/outbox.ts';
import { trunkLimits } from '../../db/schema/trunk-limits.ts';
import { callableNumber, uncallableNumber } from '../factories/callable.ts';
import { allDay } from '../factories/campaigns.ts';
import {
  addPerson,
  attemptsOf,
  contactOf,
  dialAndEnd,
  dialer,
  host,
  runningCampaign,
} from '../factories/dialer.ts';
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

  test('keeps to the slots of the fleet, to what is kept for callers, and to the lines of a trunk', async () => {
    await using t = await testContext();
    const { campaign, line, workspaceId } = await runningCampaign(t, { people: 40, slots: 20 });
    const one = dialer(t, { inboundShare: 0.25 });
    await one.warm();
    await one.look();
    expect(await attemptsOf(t, campaign.id)).toHaveLength(15);
    t.ports.workerHosts = [host(200)];
    await t.db.insert(trunkLimits).values({ workspaceId, trunk: line.sipAddress, maxChannels: 22 });
    await one.look();
    expect(await attemptsOf(t, campaign.id)).toHaveLength(22);
  });

  test('does not count calls that end with a host that takes no more against the hosts that do', async () => {
    await using t = await testContext();
    const { campaign } = await runningCampaign(t, { people: 12, slots: 5 });
    const one = dialer(t);
    await one.warm();
    await one.look();
    expect(await attemptsOf(t, campaign.id)).toHaveLength(5);
    t.ports.workerHosts = [{ ...host(5, 5), draining: true }, host(5)];
    await one.look();
    expect(await attemptsOf(t, campaign.id)).toHaveLength(10);
    await one.look();
    expect(await attemptsOf(t, campaign.id)).toHaveLength(10);
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

  test('is at half of what would hold it back while the abandon meter stands near its limit', async () => {
    await using t = await testContext();
    const { campaign } = await runningCampaign(t, { people: 30, slots: 100 });
    await t.db.insert(campaignDays).values({
      ...{ campaignId: campaign.id, day: new Date().toISOString().slice(0, 10) },
      ...{ liveAnswered: 1_000, abandoned: 27 },
    });
    const one = dialer(t, { trunkChannels: 20 });
    await one.warm();
    await one.look();
    await one.look();
    expect(await attemptsOf(t, campaign.id)).toHaveLength(10);
  });

  test('counts whom a call was transferred to as a line of the trunk, until they have hung up', async () => {
    await using t = await testContext();
    const { campaign, workspaceId, line } = await runningCampaign(t, { people: 6 });
    const two = dialer(t, { trunkChannels: 2 });
    await two.warm();
    await two.look();
    const [first, second] = await attemptsOf(t, campaign.id);
    if (!first || !second) throw new Error('Nobody was called.');
    await t.db.insert(callTransfers).values({
      ...{ workspaceId, callId: first.id, epoch: 1, requestKey: 'desk', mode: 'warm', status: 'joined' },
      ...{ targetName: 'desk', toNumber: '+12025550190', dialedAt: new Date(), settledAt: new Date() },
      trunk: line.sipAddress,
    });
    await dialAndEnd(t, second.id, 'busy');
    await two.look();
    expect(await attemptsOf(t, campaign.id)).toHaveLength(2);
    await dialAndEnd(t, first.id, 'busy');
    await two.look();
    expect(await attemptsOf(t, campaign.id)).toHaveLength(4);
  });

  test('counts whom a visitor of a page was transferred to as a line of the trunk that they were dialed on', async () => {
    await using t = await testContext();
    const { campaign, workspaceId, ctx } = await runningCampaign(t);
    const two = dialer(t, { trunkChannels: 2 });
    await two.warm();
    await newAgent(ctx, { webSlug: 'desk' });
    const { call } = await startWebCall(t.anonymous, { agent: 'desk' });
    const [transfer] = await t.db
      .insert(callTransfers)
      .values({
        ...{ workspaceId, callId: call.id, epoch: 1, requestKey: 'desk', mode: 'warm' },
        ...{ targetName: 'desk', toNumber: '+12025550190' },
      })
      .returning();
    await beginTransferDial(t.system(), { transferId: transfer?.id ?? '' });
    for (let n = 0; n < 6; n++) await addPerson(t, campaign, callableNumber(n));
    await two.look();
    expect(await attemptsOf(t, campaign.id)).toHaveLength(1);
    await endCall(ctx, { callId: call.id });
    await two.look();
    expect(await attemptsOf(t, campaign.id)).toHaveLength(2);
  });

  test('keeps to the calls per second of a trunk, and to those of a campaign', async () => {
    await using t = await testContext();
    const { campaign, ctx } = await runningCampaign(t);
    const one = dialer(t, { trunkCallsPerSecond: 5 });
    await one.warm();
    for (let n = 0; n < 60; n++) await addPerson(t, campaign, callableNumber(n));
    const from = Date.now();
    await one.look(from);
    const before = (await attemptsOf(t, campaign.id)).length;
    for (let step = 1; step <= 8; step++) await one.look(from + step * 250);
    const added = (await attemptsOf(t, campaign.id)).length - before;
    expect(added).toBeGreaterThanOrEqual(9);
    expect(added).toBeLessThanOrEqual(11);
    await updateCampaignSettings(ctx, { campaign: campaign.id, change: { callsPerSecond: 1 } });
    const middle = (await attemptsOf(t, campaign.id)).length;
    for (let step = 1; step <= 12; step++) await one.look(from + 10_000 + step * 250);
    expect((await attemptsOf(t, campaign.id)).length - middle).toBeLessThanOrEqual(5);
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

  test('calls nobody twice at once, whichever campaign asks', async () => {
    await using t = await testContext();
    const one = await runningCampaign(t, { people: 1 });
    await addPerson(t, one.campaign, callableNumber(0));
    await dialer(t).look();
    expect(await attemptsOf(t, one.campaign.id)).toHaveLength(1);
  });
});

describe('what a crash leaves behind', () => {
  test('is put right from what stands in Postgres, and nobody is lost', async () => {
    await using t = await testContext();
    const { campaign } = await runningCampaign(t, { people: 4 });
    await dialer(t).look();
    const [one, two, three, four] = await attemptsOf(t, campaign.id);
    if (!one || !two || !three || !four) throw new Error('Four people, four calls.');
    // A call that was closed, and the attempt did not hear of it.
    await t.db
      .update(calls)
      .set({ status: 'ended', endedAt: new Date(), disposition: 'busy', finalizedAt: new Date() })
      .where(eq(calls.id, one.id));
    await t.db
      .update(attempts)
      .set({ state: 'dialing', dialedAt: new Date() })
      .where(eq(attempts.id, one.id));
    // Calls that are gone: one that had rung, one that had not.
    await t.db
      .update(attempts)
      .set({ state: 'dialing', dialedAt: new Date() })
      .where(eq(attempts.id, two.id));
    await t.db.delete(calls).where(sql`${calls.id} in (${two.id}, ${three.id})`);
    // A person without an attempt.
    await t.db.delete(attempts).where(eq(attempts.id, four.id));
    expect(await healCampaigns(t.system(), { olderThanMs: 0 })).toEqual({ settled: 1, orphans: 2, freed: 1 });
    const states = await t.db.select().from(attempts).orderBy(attempts.createdAt);
    expect(Object.fromEntries(states.map(({ id, state, outcome }) => [id, [state, outcome]]))).toEqual({
      [one.id]: ['ended', 'busy'],
      [two.id]: ['ended', 'unknown'],
      [three.id]: ['withdrawn', 'not_dialed'],
    });
    const people = await t.db.select().from(contacts);
    expect(people.map(({ state }) => state)).toEqual(['waiting', 'waiting', 'waiting', 'waiting']);
    expect(await healCampaigns(t.system(), { olderThanMs: 0 })).toEqual({ settled: 0, orphans: 0, freed: 0 });
  });
});

test('an attempt without a call is put right however many calls go on', async () => {
  await using t = await testContext();
  const { campaign } = await runningCampaign(t, { people: 2 });
  await dialer(t).look();
  const [going, lost] = await attemptsOf(t, campaign.id);
  if (!going || !lost) throw new Error('Two people, two calls.');
  for (const [table, more] of [
    ['attempts', `, 'contact_id', gen_random_uuid()`],
    ['calls', `, 'room_name', 'call-' || n`],
  ] as const)
    await t.db.execute(
      sql.raw(`insert into ${table} select (jsonb_populate_record(null::${table}, to_jsonb(one) || jsonb_build_object(
        'id', ('00000000-0000-8000-8000-' || lpad(n::text, 12, '0'))::uuid ${more}))).*
        from ${table} one, generate_series(1, 1000) n where one.id = '${going.id}'`),
    );
  await t.db.delete(calls).where(eq(calls.id, lost.id));
  expect(await healCampaigns(t.system(), { olderThanMs: 0 })).toMatchObject({ orphans: 1 });
});

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
