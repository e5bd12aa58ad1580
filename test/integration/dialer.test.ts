import { eq, sql } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
import {
  beginDial,
  clearDial,
  endCall,
  finalizeCall,
  recordDialOutcome,
  startWebCall,
} from '../../core/calls/index.ts';
import { beginTransferDial } from '../../core/calls/transfers/index.ts';
import { healCampaigns, reserveContacts } from '../../core/campaigns/engine/index.ts';
import {
  createCampaign,
  getCampaignStatus,
  pauseCampaign,
  resumeCampaign,
  startCampaign,
  stopCampaign,
  updateCampaignSettings,
} from '../../core/campaigns/index.ts';
import { optOut } from '../../core/contacts/index.ts';
import { attempts } from '../../db/schema/attempts.ts';
import { callTransfers } from '../../db/schema/call-transfers.ts';
import { callbacks } from '../../db/schema/callbacks.ts';
import { calls } from '../../db/schema/calls.ts';
import { campaignDays } from '../../db/schema/campaign-days.ts';
import { campaigns } from '../../db/schema/campaigns.ts';
import { contacts } from '../../db/schema/contacts.ts';
import { decisions } from '../../db/schema/decisions.ts';
import { outbox } from '../../db/schema/outbox.ts';
import { trunkLimits } from '../../db/schema/trunk-limits.ts';
import { callableNumber, uncallableNumber } from '../factories/callable.ts';
import { allDay } from '../factories/campaigns.ts';
import { addPerson, attemptsOf, dialAndEnd, dialer, host, runningCampaign } from '../factories/dialer.ts';
import { newAgent, newLine } from '../factories/lines.ts';
import { newPerson } from '../factories/people.ts';
import { type TestContext, testContext } from '../harness/context.ts';

const contactOf = async (t: TestContext, id: string) => {
  const [row] = await t.db.select().from(contacts).where(eq(contacts.id, id));
  if (!row) throw new Error('The contact is gone.');
  return row;
};
const statusOf = async (t: TestContext, id: string) =>
  (await t.db.select().from(campaigns).where(eq(campaigns.id, id)))[0];

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

  test('calls nobody twice at once, whichever campaign asks', async () => {
    await using t = await testContext();
    const one = await runningCampaign(t, { people: 1 });
    await addPerson(t, one.campaign, callableNumber(0));
    await dialer(t).look();
    expect(await attemptsOf(t, one.campaign.id)).toHaveLength(1);
  });
});

describe('the instant before the INVITE', () => {
  async function queued(t: TestContext) {
    const made = await runningCampaign(t, { people: 1 });
    await dialer(t).look();
    const [attempt] = await attemptsOf(t, made.campaign.id);
    const [contact] = made.contacts;
    if (!attempt || !contact) throw new Error('Nothing was placed.');
    return { ...made, callId: attempt.id, contact };
  }

  test('is allowed once, ever', async () => {
    await using t = await testContext();
    const { callId, contact } = await queued(t);
    await beginDial(t.system(), { callId });
    const all = await Promise.all([1, 2, 3].map(() => clearDial(t.system(), { callId })));
    expect(all.filter((one) => 'clear' in one)).toHaveLength(1);
    const [attempt] = await t.db.select().from(attempts).where(eq(attempts.id, callId));
    const [call] = await t.db.select().from(calls).where(eq(calls.id, callId));
    expect(attempt).toMatchObject({ state: 'dialing', dialedAt: call?.dialedAt });
    expect(await contactOf(t, contact.id)).toMatchObject({ state: 'dialing' });
    const invites = await t.db.select().from(decisions).where(eq(decisions.stage, 'invite'));
    expect(invites).toMatchObject([{ allowed: true, attemptId: callId }]);
  });

  test('meets an opt-out that came meanwhile', async () => {
    await using t = await testContext();
    const { callId, contact, ctx } = await queued(t);
    await beginDial(t.system(), { callId });
    await optOut(ctx, { phone: contact.phone });
    expect(await clearDial(t.system(), { callId })).toEqual({ skip: 'do_not_call' });
    await finalizeCall(t.system(), { callId });
    expect(await contactOf(t, contact.id)).toMatchObject({ state: 'blocked', blockedReason: 'do_not_call' });
    expect((await t.db.select().from(calls))[0]).toMatchObject({ disposition: 'canceled', dialedAt: null });
    expect((await t.db.select().from(attempts))[0]).toMatchObject({
      ...{ state: 'withdrawn', outcome: 'do_not_call', dialedAt: null },
    });
  });

  test('goes by rules that were changed meanwhile', async () => {
    await using t = await testContext();
    const { callId, contact, ctx, campaign } = await queued(t);
    await beginDial(t.system(), { callId });
    const rules = { windows: campaign.rules as never, caps: { perDay: 1, perWeek: 1, total: 1 } };
    await updateCampaignSettings(ctx, {
      campaign: campaign.id,
      change: { rules: { ...(campaign.rules as object), ...{ caps: rules.caps, consentRequired: true } } },
    });
    await t.db.update(contacts).set({ consent: 'denied' }).where(eq(contacts.id, contact.id));
    expect(await clearDial(t.system(), { callId })).toEqual({ skip: 'consent_denied' });
    const [row] = await t.db.select().from(decisions).where(eq(decisions.stage, 'invite'));
    expect(row).toMatchObject({ allowed: false, campaignVersion: 2 });
  });

  test('is not there for a campaign that was paused; its people wait on, and nobody is lost', async () => {
    await using t = await testContext();
    const { callId, contact, ctx, campaign } = await queued(t);
    await pauseCampaign(ctx, { campaign: campaign.id, reason: 'Lunch.' });
    expect(await dialAndEnd(t, callId, 'busy')).toBe('campaign_paused');
    expect(await contactOf(t, contact.id)).toMatchObject({ state: 'waiting', attempts: 1, reservedAt: null });
    await resumeCampaign(ctx, { campaign: campaign.id });
    await dialer(t).look(Date.now() + 1_000);
    expect((await attemptsOf(t, campaign.id)).map(({ number, state }) => [number, state])).toEqual([
      [1, 'withdrawn'],
      [2, 'reserved'],
    ]);
  });

  test('is lost with the process that prepared it: nothing rang, and the next attempt is another one', async () => {
    await using t = await testContext();
    const { callId, contact, campaign } = await queued(t);
    await beginDial(t.system(), { callId });
    // The process is killed here, and its job runs again.
    expect(await beginDial(t.system(), { callId })).toEqual({ skip: 'process_lost' });
    expect(await clearDial(t.system(), { callId })).toEqual({ skip: 'call_over' });
    await finalizeCall(t.system(), { callId });
    expect(await contactOf(t, contact.id)).toMatchObject({ state: 'waiting' });
    await dialer(t).look(Date.now() + 1_000);
    const all = await attemptsOf(t, campaign.id);
    expect(all.map(({ state }) => state)).toEqual(['withdrawn', 'reserved']);
    expect(new Set(all.map(({ id }) => id)).size).toBe(2);
  });

  test('once passed is never passed again: a call that nobody can explain ends as unknown', async () => {
    await using t = await testContext();
    const { callId, contact } = await queued(t);
    await beginDial(t.system(), { callId });
    await clearDial(t.system(), { callId });
    expect(await beginDial(t.system(), { callId })).toMatchObject({ resume: true });
    await recordDialOutcome(t.system(), { callId, outcome: 'unknown' });
    await finalizeCall(t.system(), { callId });
    expect((await t.db.select().from(attempts))[0]).toMatchObject({ state: 'ended', outcome: 'unknown' });
    const after = await contactOf(t, contact.id);
    expect(after).toMatchObject({ state: 'waiting', lastOutcome: 'unknown' });
    expect(after.nextAttemptAt.getTime()).toBeGreaterThan(Date.now() + 60_000);
  });
});

describe('after a call', () => {
  async function called(
    t: TestContext,
    outcome: Parameters<typeof dialAndEnd>[2],
    options: Parameters<typeof dialAndEnd>[3] = {},
    settings: Parameters<typeof runningCampaign>[1] = {},
  ) {
    const made = await runningCampaign(t, { people: 1, ...settings });
    await dialer(t).look();
    const [attempt] = await attemptsOf(t, made.campaign.id);
    const [contact] = made.contacts;
    if (!attempt || !contact) throw new Error('Nothing was placed.');
    expect(await dialAndEnd(t, attempt.id, outcome, options)).toBe('rang');
    return { ...made, attempt, contact: await contactOf(t, contact.id) };
  }

  test.each([
    ['busy', 15],
    ['no_answer', 240],
    ['failed', 10],
  ] as const)('that ended as %s the person is tried again later', async (outcome, minutes) => {
    await using t = await testContext();
    const { contact, attempt } = await called(t, outcome);
    expect(contact).toMatchObject({ state: 'waiting', lastOutcome: outcome, attempts: 1, reservedAt: null });
    expect(contact.nextAttemptAt.getTime()).toBeGreaterThanOrEqual(Date.now() + minutes * 60_000 - 5_000);
    const [row] = await t.db.select().from(attempts).where(eq(attempts.id, attempt.id));
    expect(row).toMatchObject({ state: 'ended', outcome });
  });

  test('that reached somebody they are done, the day is counted, and the campaign is finished', async () => {
    await using t = await testContext();
    const { contact, campaign } = await called(t, 'answered');
    expect(contact).toMatchObject({ state: 'done', lastOutcome: 'completed' });
    expect(await t.db.select().from(campaignDays)).toMatchObject([
      { dialed: 1, answered: 1, liveAnswered: 1, abandoned: 0 },
    ]);
    await dialer(t).look();
    expect(await statusOf(t, campaign.id)).toMatchObject({ status: 'finished' });
  });

  test('that came to nothing too often they are left alone', async () => {
    await using t = await testContext();
    const { contact } = await called(t, 'busy', {}, { retries: { maxAttempts: 1 } });
    expect(contact).toMatchObject({ state: 'exhausted', lastOutcome: 'busy' });
  });

  test('in which they opted out nobody calls them again', async () => {
    await using t = await testContext();
    const { campaign, ctx, contacts: people } = await runningCampaign(t, { people: 1 });
    await dialer(t).look();
    const [attempt] = await attemptsOf(t, campaign.id);
    const callId = attempt?.id ?? '';
    await beginDial(t.system(), { callId });
    await clearDial(t.system(), { callId });
    await optOut(ctx, { phone: people[0]?.phone ?? '' });
    await recordDialOutcome(t.system(), { callId, outcome: 'busy' });
    await finalizeCall(t.system(), { callId });
    expect(await contactOf(t, people[0]?.id ?? '')).toMatchObject({ state: 'blocked' });
    expect(await t.db.select().from(campaignDays)).toMatchObject([{ optedOut: 1 }]);
  });

  test('in which they asked for another one they are called then, before the others', async () => {
    await using t = await testContext();
    const { campaign, contacts: people, workspaceId, agent } = await runningCampaign(t, { people: 1 });
    await dialer(t).look();
    const [attempt] = await attemptsOf(t, campaign.id);
    const dueAt = new Date(Date.now() + 30 * 60_000);
    await t.db.insert(callbacks).values({
      ...{ workspaceId, agentId: agent.id, callId: attempt?.id ?? '', dueAt, timeZone: 'UTC' },
      ...{ phoneNumber: people[0]?.phone ?? '', requestKey: 'one' },
    });
    await dialAndEnd(t, attempt?.id ?? '', 'answered');
    expect(await contactOf(t, people[0]?.id ?? '')).toMatchObject({
      ...{ state: 'waiting', priority: 9, callBackAt: dueAt, nextAttemptAt: dueAt },
    });
    expect(await t.db.select().from(callbacks)).toMatchObject([{ status: 'taken' }]);
    await dialer(t).look(dueAt.getTime() - 1_000);
    expect(await attemptsOf(t, campaign.id)).toHaveLength(1);
    await dialer(t).look(dueAt.getTime() + 1_000);
    expect(await attemptsOf(t, campaign.id)).toHaveLength(2);
  });

  test('that nobody of ours spoke in, again and again, the campaign stops by itself', async () => {
    await using t = await testContext();
    const { campaign, ctx } = await called(t, 'answered', { firstWordMs: null }, { people: 1 });
    expect(await t.db.select().from(campaignDays)).toMatchObject([{ liveAnswered: 1, abandoned: 1 }]);
    await t.db.update(campaignDays).set({ liveAnswered: 100, abandoned: 3 });
    await addPerson(t, campaign, callableNumber(7));
    await dialer(t).look();
    expect(await statusOf(t, campaign.id)).toMatchObject({ status: 'paused' });
    expect(await attemptsOf(t, campaign.id)).toHaveLength(1);
    await expect(resumeCampaign(ctx, { campaign: campaign.id })).rejects.toMatchObject({ code: 'conflict' });
    expect((await getCampaignStatus(ctx, { campaign: campaign.id })).abandon).toMatchObject({
      ...{ share: 0.03, state: 'stop' },
    });
  });

  test('the budget is never overrun: what is set aside counts, and what was not needed comes back', async () => {
    await using t = await testContext();
    // The agent takes calls of half an hour; 60 minutes are two of them.
    const { campaign } = await runningCampaign(t, {
      ...{ people: 5, minutePriceMicros: 10_000, budgetMicros: 600_000 },
    });
    await dialer(t).look();
    const placed = await attemptsOf(t, campaign.id);
    expect(placed).toHaveLength(2);
    for (const { id } of placed) await dialAndEnd(t, id, 'answered');
    await t.db.update(campaignDays).set({ costMicros: 590_000 });
    await dialer(t).look();
    expect(await attemptsOf(t, campaign.id)).toHaveLength(2);
    expect(await statusOf(t, campaign.id)).toMatchObject({
      ...{ status: 'paused', statusReason: 'The budget is used up.' },
    });
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
