import { eq } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
import { beginDial, clearDial, finalizeCall, recordDialOutcome } from '../../core/calls/index.ts';
import { startCampaign, stopCampaign, updateCampaignSettings } from '../../core/campaigns/index.ts';
import { optOut } from '../../core/contacts/index.ts';
import { callbacks } from '../../db/schema/callbacks.ts';
import { allDay } from '../factories/campaigns.ts';
import { attemptsOf, contactOf, dialAndEnd, dialer, runningCampaign, statusOf } from '../factories/dialer.ts';
import { testContext } from '../harness/context.ts';

describe('a call-back that somebody has asked a campaign for', () => {
  test('is placed at its time, before the others', async () => {
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

  test('ends with an opt-out while it is to come', async () => {
    await using t = await testContext();
    const { campaign, ctx, contacts: people, workspaceId, agent } = await runningCampaign(t, { people: 1 });
    await dialer(t).look();
    const [attempt] = await attemptsOf(t, campaign.id);
    const [{ phone, id } = { phone: '', id: '' }] = people;
    const dueAt = new Date(Date.now() + 30 * 60_000);
    await t.db.insert(callbacks).values({
      ...{ workspaceId, agentId: agent.id, callId: attempt?.id ?? '', dueAt, timeZone: 'UTC' },
      ...{ phoneNumber: phone, requestKey: 'one' },
    });
    await dialAndEnd(t, attempt?.id ?? '', 'answered');
    expect(await t.db.select().from(callbacks)).toMatchObject([{ status: 'taken' }]);
    await optOut(ctx, { phone });
    expect(await contactOf(t, id)).toMatchObject({ state: 'blocked', blockedReason: 'do_not_call' });
    expect(await t.db.select().from(callbacks)).toMatchObject([{ status: 'canceled' }]);
  });

  test('ends, with the reason, when the rules have come to forbid it', async () => {
    await using t = await testContext();
    const { campaign, ctx, contacts: people, workspaceId, agent } = await runningCampaign(t, { people: 1 });
    await dialer(t).look();
    const [attempt] = await attemptsOf(t, campaign.id);
    const dueAt = new Date(Date.now() + 30 * 60_000);
    await t.db.insert(callbacks).values({
      ...{ workspaceId, agentId: agent.id, callId: attempt?.id ?? '', dueAt, timeZone: 'UTC' },
      ...{ phoneNumber: people[0]?.phone ?? '', requestKey: 'one' },
    });
    await dialAndEnd(t, attempt?.id ?? '', 'answered');
    await updateCampaignSettings(ctx, {
      campaign: campaign.id,
      change: { rules: { windows: allDay, caps: { total: 1 } } } as never,
    });
    await dialer(t).look(dueAt.getTime() + 1_000);
    expect(await contactOf(t, people[0]?.id ?? '')).toMatchObject({
      ...{ state: 'blocked', blockedReason: 'cap_total' },
    });
    expect(await t.db.select().from(callbacks)).toMatchObject([
      { status: 'canceled', statusReason: 'Its campaign may not call them any more: cap_total.' },
    ]);
  });

  test('is not taken by it from who has opted out in the same call', async () => {
    await using t = await testContext();
    const { campaign, ctx, contacts: people, workspaceId, agent } = await runningCampaign(t, { people: 1 });
    await dialer(t).look();
    const [attempt] = await attemptsOf(t, campaign.id);
    const callId = attempt?.id ?? '';
    const [{ phone, id } = { phone: '', id: '' }] = people;
    await beginDial(t.system(), { callId });
    await clearDial(t.system(), { callId });
    await optOut(ctx, { phone });
    const dueAt = new Date(Date.now() + 30 * 60_000);
    await t.db.insert(callbacks).values({
      ...{ workspaceId, agentId: agent.id, callId, dueAt, timeZone: 'UTC' },
      ...{ phoneNumber: phone, requestKey: 'one' },
    });
    await recordDialOutcome(t.system(), { callId, outcome: 'busy' });
    await finalizeCall(t.system(), { callId });
    expect(await contactOf(t, id)).toMatchObject({ state: 'blocked', blockedReason: 'do_not_call' });
    // Whoever places the others cancels it, with the reason.
    expect(await t.db.select().from(callbacks)).toMatchObject([{ status: 'pending' }]);
  });

  test('is placed without it when it is not there any more, unless it was stopped', async () => {
    await using t = await testContext();
    const dueAt = new Date(Date.now() + 30 * 60_000);
    const promised = async (endsInMs: number) => {
      const endsAt = new Date(Date.now() + endsInMs);
      const made = await runningCampaign(t, { people: 1, slug: `until-${endsInMs}`, endsAt });
      await dialer(t).look();
      const [attempt] = await attemptsOf(t, made.campaign.id);
      const callId = attempt?.id ?? '';
      await t.db.insert(callbacks).values({
        ...{ workspaceId: made.workspaceId, agentId: made.agent.id, callId, dueAt, timeZone: 'UTC' },
        ...{ phoneNumber: made.contacts[0]?.phone ?? '', requestKey: callId },
      });
      await dialAndEnd(t, callId, 'answered');
      const row = async () => (await t.db.select().from(callbacks).where(eq(callbacks.callId, callId)))[0];
      return { ...made, row };
    };
    const early = await promised(20 * 60_000);
    expect(await early.row()).toMatchObject({ status: 'pending' });
    const late = await promised(24 * 60 * 60_000);
    expect(await late.row()).toMatchObject({ status: 'taken' });
    await updateCampaignSettings(late.ctx, {
      ...{ campaign: late.campaign.id, change: { endsAt: new Date(Date.now() + 60_000) } },
    });
    await dialer(t).look(Date.now() + 120_000);
    expect(await statusOf(t, late.campaign.id)).toMatchObject({ status: 'finished' });
    expect(await late.row()).toMatchObject({ status: 'pending' });
    // Nor does the campaign call them a second time when it goes on after all.
    await updateCampaignSettings(late.ctx, { campaign: late.campaign.id, change: { endsAt: null } });
    await startCampaign(late.ctx, { campaign: late.campaign.id });
    await dialer(t).look(dueAt.getTime() + 60_000);
    expect(await attemptsOf(t, late.campaign.id)).toHaveLength(1);
    const stopped = await promised(48 * 60 * 60_000);
    await stopCampaign(stopped.ctx, { campaign: stopped.campaign.id });
    expect(await stopped.row()).toMatchObject({
      ...{ status: 'canceled', statusReason: 'Its campaign was stopped.' },
    });
  });

  test.each([
    ['has ended', 'done', 'pending'],
    ['was stopped', 'waiting', 'canceled'],
  ] as const)(
    'is not forgotten that was on its way to the phone when the campaign %s',
    async (how, state, status) => {
      await using t = await testContext();
      const { campaign, ctx, contacts: people, workspaceId, agent } = await runningCampaign(t, { people: 1 });
      await dialer(t).look();
      const [first] = await attemptsOf(t, campaign.id);
      const dueAt = new Date(Date.now() + 60_000);
      await t.db.insert(callbacks).values({
        ...{ workspaceId, agentId: agent.id, callId: first?.id ?? '', dueAt, timeZone: 'UTC' },
        ...{ phoneNumber: people[0]?.phone ?? '', requestKey: 'one' },
      });
      await dialAndEnd(t, first?.id ?? '', 'answered');
      await dialer(t).look(dueAt.getTime() + 1_000);
      const second = (await attemptsOf(t, campaign.id)).at(-1);
      expect(second).toMatchObject({ number: 2, state: 'reserved' });
      if (how === 'was stopped') await stopCampaign(ctx, { campaign: campaign.id });
      else {
        const change = { endsAt: new Date(Date.now() + 60_000) };
        await updateCampaignSettings(ctx, { campaign: campaign.id, change });
        await dialer(t).look(Date.now() + 120_000);
      }
      expect(await dialAndEnd(t, second?.id ?? '', 'answered')).toMatch(/^campaign_(finished|stopped)$/);
      expect(await t.db.select().from(callbacks)).toMatchObject([{ status }]);
      expect(await contactOf(t, people[0]?.id ?? '')).toMatchObject({ state });
    },
  );
});
