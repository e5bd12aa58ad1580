import { expect, test } from 'vitest';
import { updateAgent } from '../../core/agents/index.ts';
import { getCallPlan } from '../../core/calls/index.ts';
import { updateCampaignSettings } from '../../core/campaigns/index.ts';
import { attemptsOf, dialer, runningCampaign } from '../factories/dialer.ts';
import { testContext } from '../harness/context.ts';

test('the plan of a campaign’s call does with machines what the campaign says, as soon as it says so', async () => {
  await using t = await testContext();
  const { ctx, agent, campaign } = await runningCampaign(t, { people: 1, machinePolicy: 'hang_up' });
  const look = dialer(t);
  await look.warm();
  await look.look();
  const [attempt] = await attemptsOf(t, campaign.id);
  const action = async () => {
    const plan = await getCallPlan(t.system(), { callId: attempt?.id ?? '', epoch: 1 });
    return plan.definition.voicemail.action;
  };
  expect(await action()).toBe('hang_up');
  const change = (machinePolicy: 'agent' | 'talk' | 'leave_message') =>
    updateCampaignSettings(ctx, { campaign: campaign.id, change: { machinePolicy } });
  await change('agent');
  expect(await action()).toBe('ignore');
  await expect(change('leave_message')).rejects.toMatchObject({
    ...{ code: 'invalid', fields: [{ path: 'machinePolicy' }] },
  });
  await updateAgent(ctx, {
    ...{
      agentId: agent.id,
      definition: { voicemail: { action: 'hang_up', message: 'Please call us back.' } },
    },
  });
  await change('leave_message');
  // The call keeps the version of its agent, which has no message: a machine gets no silence.
  expect(await action()).toBe('hang_up');
  await change('talk');
  expect(await action()).toBe('ignore');
});

test('an agent that waits to be spoken to has no campaign: whoever picks up would hear nothing', async () => {
  await using t = await testContext();
  const { ctx, agent, campaign } = await runningCampaign(t, { people: 1 });
  const speaks = (definition: Parameters<typeof updateAgent>[1]['definition']) =>
    updateAgent(ctx, {
      agentId: agent.id,
      definition: { firstMessage: 'Hello.', disclosure: '', ...definition },
    });
  const save = () =>
    updateCampaignSettings(ctx, { campaign: campaign.id, change: { name: 'With another name' } });
  const refused = { code: 'invalid', fields: [{ path: 'agentId' }] };
  await speaks({ speaksFirst: 'caller' });
  await expect(save()).rejects.toMatchObject(refused);
  await speaks({ speaksFirst: 'wait', firstMessageDelayMs: 2_000 });
  await expect(save()).rejects.toMatchObject(refused);
  await speaks({ speaksFirst: 'wait', firstMessageDelayMs: 1_500 });
  await save();
  await speaks({ speaksFirst: 'caller', disclosure: 'I am an AI.' });
  await save();
});
