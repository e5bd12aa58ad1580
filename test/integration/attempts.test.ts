import { eq, sql } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
import { beginDial, clearDial, finalizeCall, recordDialOutcome } from '../../core/calls/index.ts';
import {
  createCampaign,
  deleteCampaign,
  getCampaignStatus,
  pauseCampaign,
  resumeCampaign,
  startCampaign,
  stopCampaign,
  updateCampaignSettings,
} from '../../core/campaigns/index.ts';
import { listDoNotCall, optOut } from '../../core/contacts/index.ts';
import { listNumbersNow } from '../../core/contacts/list-numbers.ts';
import { agentVersions } from '../../db/schema/agent-versions.ts';
import { agents } from '../../db/schema/agents.ts';
import { attempts } from '../../db/schema/attempts.ts';
import { calls } from '../../db/schema/calls.ts';
import { campaignDays } from '../../db/schema/campaign-days.ts';
import { contacts } from '../../db/schema/contacts.ts';
import { decisions } from '../../db/schema/decisions.ts';
import { newId } from '../../platform/ids.ts';
import { waitFor } from '../../platform/retry.ts';
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
import { type TestContext, testContext } from '../harness/context.ts';

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

  test('waits for a list that is being written, so that the ledger has both in their order', async () => {
    await using t = await testContext();
    const { callId, contact, workspaceId } = await queued(t);
    await beginDial(t.system(), { callId });
    const cleared = await t.db.transaction(async (tx) => {
      await listNumbersNow(tx, {
        ...{
          workspaceId,
          campaignId: null,
          phones: [contact.phone],
          source: 'manual',
          note: '',
          callId: null,
        },
        ...{ addedBy: 'user', atMs: Date.now() },
      });
      const waiting = clearDial(t.system(), { callId });
      // Until it stands before the lock, or has gone past it.
      await waitFor('the clearance to wait', async () => {
        const { rows } = await t.db.execute(
          sql`select from pg_locks where locktype = 'advisory' and not granted`,
        );
        return rows.length > 0;
      });
      return { waiting };
    });
    expect(await cleared.waiting).toEqual({ skip: 'do_not_call' });
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
    expect((await getCampaignStatus(ctx, { campaign: campaign.id })).attemptsPerMinute).toBe(0);
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

  test('they are left alone when fewer calls are allowed meanwhile, unless they have asked for one', async () => {
    await using t = await testContext();
    const { campaign, ctx } = await called(t, 'no_answer', {}, { people: 1 });
    const asked = await addPerson(t, campaign, callableNumber(8), { attempts: 1, callBackAt: new Date() });
    const fresh = await addPerson(t, campaign, callableNumber(9));
    await updateCampaignSettings(ctx, { campaign: campaign.id, change: { retries: { maxAttempts: 1 } } });
    const [rung] = await attemptsOf(t, campaign.id);
    const states = [rung?.contactId ?? '', asked.id, fresh.id].map(
      async (id) => (await contactOf(t, id)).state,
    );
    expect(await Promise.all(states)).toEqual(['exhausted', 'waiting', 'waiting']);
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

  test('that their phone refused as unwanted no campaign calls them again', async () => {
    await using t = await testContext();
    const { ctx, campaign, attempt, contact, agent, line } = await called(t, 'rejected', { sipStatus: 607 });
    expect(contact).toMatchObject({ state: 'blocked', blockedReason: 'do_not_call' });
    expect(await listDoNotCall(ctx, {})).toMatchObject([
      { phone: contact.phone, campaignId: null, source: 'opt_out', callId: attempt.id },
    ]);
    expect(await t.db.select().from(campaignDays)).toMatchObject([{ optedOut: 1 }]);
    const sister = await createCampaign(ctx, {
      ...{ name: 'Sister', agentId: agent.id, fromNumbers: [line.e164], rules: { windows: allDay } },
    });
    const hers = await addPerson(t, sister, contact.phone);
    await startCampaign(ctx, { campaign: sister.id });
    await dialer(t).look(Date.now() + 1_000);
    expect(await contactOf(t, hers.id)).toMatchObject({ state: 'blocked', blockedReason: 'do_not_call' });
    expect(await attemptsOf(t, campaign.id)).toHaveLength(1);
  });

  test.each([
    [604, 'exhausted'],
    [484, 'exhausted'],
    [410, 'exhausted'],
    [404, 'waiting'],
    [503, 'waiting'],
  ] as const)('that ended with SIP %i they are %s', async (sipStatus, state) => {
    await using t = await testContext();
    const { contact } = await called(t, 'failed', { sipStatus });
    expect(contact).toMatchObject({ state, lastOutcome: 'failed' });
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
      ...{
        status: 'paused',
        statusReason: 'What is left of the budget does not pay for one more call of full length.',
      },
    });
  });

  test('the budget is not overrun by the longer calls of the version that an agent is compared with', async () => {
    await using t = await testContext();
    const { campaign, agent, ctx } = await runningCampaign(t, {
      ...{ people: 5, minutePriceMicros: 10_000, budgetMicros: 1_200_000 },
    });
    const [live] = await t.db.select().from(agentVersions).where(eq(agentVersions.agentId, agent.id));
    if (!live) throw new Error('An agent has a version.');
    const longer = { ...(live.definition as object), maxCallDurationMs: 3_600_000 };
    const id = newId();
    await t.db.insert(agentVersions).values({ ...live, id, version: 2, definition: longer });
    await t.db.update(agents).set({ splitVersionId: id, splitPercent: 50 }).where(eq(agents.id, agent.id));
    await dialer(t).look();
    const placed = await attemptsOf(t, campaign.id);
    expect(placed.map(({ costMicros }) => costMicros)).toEqual([600_000, 600_000]);
    await expect(
      updateCampaignSettings(ctx, { campaign: campaign.id, change: { budgetMicros: 500_000 } }),
    ).rejects.toMatchObject({ fields: [{ path: 'budgetMicros' }] });
  });

  test('who may not be called again today is not called by another campaign either, after the first is deleted', async () => {
    await using t = await testContext();
    const rules = { windows: allDay, workspaceCaps: { perDay: 1 } };
    const { ctx, campaign, agent, line } = await called(t, 'no_answer', {}, { people: 1, rules });
    await stopCampaign(ctx, { campaign: campaign.id });
    await deleteCampaign(ctx, { campaign: campaign.id });
    const other = await createCampaign(ctx, {
      ...{ name: 'Again', slug: 'again', agentId: agent.id, fromNumbers: [line.e164], rules },
    });
    await startCampaign(ctx, { campaign: other.id });
    await addPerson(t, other, callableNumber(0));
    expect(await dialer(t).look()).toEqual({ placed: 0, considered: 1 });
  });
});
