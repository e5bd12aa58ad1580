import { describe, expect, test } from 'vitest';
import { endCall, startWebCall } from '../../core/calls/index.ts';
import { beginTransferDial } from '../../core/calls/transfers/index.ts';
import { updateCampaignSettings } from '../../core/campaigns/index.ts';
import { callTransfers } from '../../db/schema/call-transfers.ts';
import { campaignDays } from '../../db/schema/campaign-days.ts';
import { trunkLimits } from '../../db/schema/trunk-limits.ts';
import { callableNumber } from '../factories/callable.ts';
import { addPerson, attemptsOf, dialAndEnd, dialer, host, runningCampaign } from '../factories/dialer.ts';
import { newAgent } from '../factories/lines.ts';
import { testContext } from '../harness/context.ts';

describe('what limits a look of the dialer', () => {
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
});
