import { afterAll, beforeAll, expect, it } from 'vitest';
import { recordEvents, startInboundCall } from '../../../core/calls/index.ts';
import { runCallTool } from '../../../core/tools/run-call-tool.ts';
import { eventsOf } from '../../factories/events.ts';
import { newAgent, newLine, nextNumber } from '../../factories/lines.ts';
import { type TestApp, testApp } from '../../harness/app.ts';
import { type Caller, signUp } from './crew.ts';

let app: TestApp;
let ada: Caller;
beforeAll(async () => {
  app = await testApp();
  ada = await signUp(app);
});
afterAll(() => app[Symbol.asyncDispose]());

const get = (path: string, who = ada) => app.call('GET', path, { headers: who.headers });

it('shows what an agent has promised, sent and noted in a call, and to nobody else', async () => {
  const agent = await newAgent(ada.ctx);
  const line = await newLine(app.t, ada.ctx, agent.id);
  const caller = nextNumber();
  const { callId } = await startInboundCall(app.t.system(), {
    phoneNumberId: line.id,
    roomName: `in_${caller}_x`,
  });
  const use = (name: 'schedule_callback' | 'send_message', args: object) =>
    runCallTool(app.t.system(), {
      ...{ callId, name, epoch: 1, toolCallId: name },
      arguments: { ...args },
    });
  const day = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10);
  await use('schedule_callback', { time: `${day}T10:00`, time_zone: 'UTC', reason: 'a filling' });
  await use('send_message', { text: 'See you.' });
  await recordEvents(app.t.system(), {
    events: eventsOf(callId, [{ type: 'note.taken', toolCallId: 'n', fields: { mood: 'good' } }]),
  });
  expect((await get('/callbacks')).body).toMatchObject([
    { call_id: callId, phone_number: caller, due_at: `${day}T10:00:00.000Z`, reason: 'a filling' },
  ]);
  expect((await get('/text-messages')).body).toMatchObject([
    { call_id: callId, to: caller, from: line.e164, body: 'See you.', status: 'queued' },
  ]);
  expect((await get(`/calls/${callId}`)).body.notes).toMatchObject([{ fields: { mood: 'good' } }]);
  const stranger = await signUp(app, 'Stranger');
  expect((await get('/callbacks', stranger)).body).toEqual([]);
  expect((await get('/text-messages', stranger)).body).toEqual([]);
  expect((await get('/callbacks?limit=0')).status).toBe(400);
  expect((await get('/text-messages?limit=x')).status).toBe(400);
});
