import { afterAll, beforeAll, expect, it } from 'vitest';
import { createApiKey } from '../../../core/api-keys/index.ts';
import { beginDial } from '../../../core/calls/index.ts';
import { attemptsOf, dialer, runningCampaign } from '../../factories/dialer.ts';
import { newAgent, newLine } from '../../factories/lines.ts';
import { type TestApp, testApp } from '../../harness/app.ts';
import { type Caller, join, signUp } from './crew.ts';

let app: TestApp;
let ada: Caller;
beforeAll(async () => {
  app = await testApp();
  ada = await signUp(app);
  const { id } = await newAgent(ada.ctx);
  for (const number of ['+12025550171', '+12025550172']) await newLine(app.t, ada.ctx, id, number);
});
afterAll(() => app[Symbol.asyncDispose]());

const trunk = 'sip.carrier.test';
const numbers = ['+12025550171', '+12025550172'];
const send = (method: string, path: string, body?: unknown, who: Caller = ada) =>
  app.call(method, path, { headers: who.headers, ...(body === undefined ? {} : { body }) });

it('lists the trunks of the workspace with their numbers, and keeps what a carrier grants', async () => {
  const metrics_label = expect.stringMatching(/^[0-9a-f]{12}$/);
  const usual = {
    ...{ trunk, metrics_label, phone_numbers: numbers, calls_per_second: null, max_channels: null },
  };
  expect((await send('GET', '/trunks')).body).toEqual([usual]);
  const limits = { calls_per_second: 2.5, max_channels: 10 };
  const set = await send('PUT', `/trunks/${trunk}`, limits);
  expect([set.status, set.body]).toEqual([200, { ...usual, ...limits }]);
  expect((await send('GET', '/trunks')).body).toEqual([{ ...usual, ...limits }]);
  const back = await send('PUT', `/trunks/${trunk}`, { calls_per_second: null, max_channels: null });
  expect(back.body).toEqual(usual);
});

it('is in the metrics by a name that tells strangers nothing', async () => {
  const [{ metrics_label }] = (await send('GET', '/trunks')).body;
  const call = await send('POST', '/calls/outbound_call', {
    ...{ agent_phone_number: numbers[0], phone_number_to_dial: '+14155552671' },
  });
  await beginDial(app.t.system(), { callId: call.body.call_id });
  const { body } = await app.call('GET', '/reports/workload');
  expect(body).toContain(`trunkline_trunk_active_calls{trunk="${metrics_label}"} 1\n`);
  expect(body).not.toContain(trunk);
});

it('knows a trunk with a user by both', async () => {
  await send('POST', '/phonenumbers/sip_trunk', {
    ...{ phone_number: '+12025550173', sip_address: 'pbx.harbor.test:5080', auth_username: 'desk/1' },
  });
  const named = `/trunks/${encodeURIComponent('desk/1@pbx.harbor.test:5080')}`;
  const set = await send('PUT', named, { calls_per_second: 1, max_channels: null });
  expect([set.status, set.body.phone_numbers]).toEqual([200, ['+12025550173']]);
});

it.each([
  ['calls_per_second', { calls_per_second: 0, max_channels: null }],
  ['max_channels', { calls_per_second: null, max_channels: 1.5 }],
  ['max_channels', { calls_per_second: null }],
])('says 400 and names %s', async (field, body) => {
  const refused = await send('PUT', `/trunks/${trunk}`, body);
  expect([refused.status, refused.body.errors]).toMatchObject([400, [{ field }]]);
});

it('is 404 for a trunk without a number of the workspace, and 403 for members', async () => {
  const limits = { calls_per_second: 1, max_channels: 1 };
  const eve = await signUp(app, 'Eve');
  expect((await send('PUT', `/trunks/${trunk}`, limits, eve)).status).toBe(404);
  expect((await send('GET', '/trunks', undefined, eve)).body).toEqual([]);
  const member = await join(app, ada.workspaceId, 'member');
  expect((await send('PUT', `/trunks/${trunk}`, limits, member)).status).toBe(403);
});

it('holds campaigns back from their next look on', async () => {
  const { ctx, campaign } = await runningCampaign(app.t, { people: 6 });
  const { key } = await createApiKey(ctx, { name: 'limits', role: 'developer' });
  const one = dialer(app.t);
  const set = (channels: number) =>
    app.call('PUT', `/trunks/${trunk}`, {
      ...{ headers: { 'x-api-key': key }, body: { calls_per_second: null, max_channels: channels } },
    });
  expect((await set(2)).status).toBe(200);
  await one.warm();
  await one.look();
  expect(await attemptsOf(app.t, campaign.id)).toHaveLength(2);
  await set(5);
  await one.look();
  expect(await attemptsOf(app.t, campaign.id)).toHaveLength(5);
});
