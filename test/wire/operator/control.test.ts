import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { endCall, recordEvents, startWebCall } from '../../../core/calls/index.ts';
import { phoneNumbers } from '../../../db/schema/phone-numbers.ts';
import { newId } from '../../../platform/ids.ts';
import { eventsOf } from '../../factories/events.ts';
import { newAgent, newLine } from '../../factories/lines.ts';
import { internalToken, type TestApp, testApp } from '../../harness/app.ts';
import { type Caller, join, signUp } from './crew.ts';

let app: TestApp;
let ada: Caller;
let callId: string;
let slugs = 0;

beforeAll(async () => {
  app = await testApp();
  ada = await signUp(app);
});
afterAll(() => app[Symbol.asyncDispose]());
beforeEach(async () => {
  const slug = `desk-${++slugs}`;
  await newAgent(ada.ctx, { webSlug: slug });
  callId = (await startWebCall(app.t.anonymous, { agent: slug })).call.id;
  app.t.ports.controlAnswer = { applied: true, detail: 'Done.' };
  app.t.ports.commands.length = 0;
});

const post = (path: string, body: unknown, as: Caller = ada) =>
  app.call('POST', path, { headers: as.headers, body });
const control = (body: unknown, as?: Caller) => post(`/calls/${callId}/control`, body, as);

describe('POST /calls/{id}/control', () => {
  it('carries a command to the agent and says what it answered', async () => {
    const answer = await control({ command_id: 'a', kind: 'say', text: 'One moment.' });
    expect([answer.status, answer.body]).toEqual([
      200,
      { command_id: 'a', kind: 'say', status: 'applied', detail: 'Done.' },
    ]);
    expect(app.t.ports.commands).toEqual([{ id: 'a', callId, action: { kind: 'say', text: 'One moment.' } }]);
    app.t.ports.controlAnswer = { applied: false, detail: 'The caller is on hold.' };
    expect((await control({ command_id: 'b', kind: 'mute' })).body).toMatchObject({
      status: 'refused',
      detail: 'The caller is on hold.',
    });
  });

  it('carries the same id out once, with the same answer, and refuses it for something else with 409', async () => {
    const command = { command_id: 'a', kind: 'take_over' };
    const first = await control(command);
    app.t.ports.controlAnswer = { applied: false, detail: 'The call is taken over already.' };
    expect((await control(command)).body).toEqual(first.body);
    expect(app.t.ports.commands.length).toBe(1);
    expect((await control({ command_id: 'a', kind: 'mute' })).status).toBe(409);
  });

  it('says so when nobody answers, and finds the answer when asked again', async () => {
    app.t.ports.controlAnswer = null;
    const command = { command_id: 'a', kind: 'mute' };
    expect((await control(command)).body.status).toBe('pending');
    await recordEvents(app.t.system(), {
      events: eventsOf(callId, [
        { type: 'control.applied', commandId: 'a', kind: 'mute', detail: 'Silent.' },
      ]),
    });
    expect((await control(command)).body).toMatchObject({ status: 'applied', detail: 'Silent.' });
  });

  it('does nothing twice, though the worker that did it is lost and the next one knows of nothing', async () => {
    app.t.ports.controlAnswer = null;
    const command = { command_id: 'a', kind: 'say', text: 'One moment.' };
    await control(command);
    const done = { type: 'control.applied', commandId: 'a', kind: 'say', detail: 'Said.' } as const;
    await recordEvents(app.t.system(), { events: eventsOf(callId, [done]) });
    app.t.ports.controlAnswer = { applied: true, detail: 'Said again.' };
    expect((await control(command)).body).toMatchObject({ status: 'applied', detail: 'Said.' });
    expect(app.t.ports.commands.length).toBe(1);
  });

  it('refuses what does not fit with 400, in the wire’s words', async () => {
    const fields = async (body: unknown) => {
      const answer = await control(body);
      return [answer.status, ...answer.body.errors.map(({ field }: { field: string }) => field)];
    };
    expect(await fields({ kind: 'mute' })).toEqual([400, 'command_id']);
    expect(await fields({ command_id: 'a', kind: 'sing' })).toEqual([400, 'kind']);
    expect(await fields({ command_id: 'a', kind: 'say' })).toEqual([400, 'text']);
    expect(await fields({ command_id: 'a', kind: 'hand_off', agent_id: 'x' })).toEqual([400, 'agent_id']);
    expect(await fields({ command_id: 'a', kind: 'dtmf', digits: 'hello' })).toEqual([400, 'digits']);
    expect(app.t.ports.commands).toEqual([]);
  });

  it('answers 409 for a call that is over, and 404 for somebody else’s', async () => {
    const stranger = await signUp(app, 'Eve');
    expect((await control({ command_id: 'a', kind: 'mute' }, stranger)).status).toBe(404);
    const done = { command_id: 'done', kind: 'mute' };
    await control(done);
    await endCall(ada.ctx, { callId });
    expect((await control({ command_id: 'late', kind: 'mute' })).status).toBe(409);
    expect((await control(done)).body.status).toBe('applied');
  });

  it('asks a worker that only records to pause and go on, and nothing else', async () => {
    const transferId = newId();
    const bridged = { type: 'call.bridged', transferId, to: '+14155550100', recorder: true } as const;
    await recordEvents(app.t.system(), { events: eventsOf(callId, [bridged]) });
    expect((await control({ command_id: 'a', kind: 'pause_recording' })).body.status).toBe('applied');
    expect((await control({ command_id: 'b', kind: 'resume_recording' })).body.status).toBe('applied');
    expect((await control({ command_id: 'c', kind: 'say', text: 'Hello?' })).status).toBe(409);
    expect(app.t.ports.commands.map(({ id }) => id)).toEqual(['a', 'b']);
    const stopped = { type: 'recording.stopped', durationMs: 1, detail: '' } as const;
    await recordEvents(app.t.system(), { events: eventsOf(callId, [bridged, stopped]) });
    expect((await control({ command_id: 'd', kind: 'pause_recording' })).status).toBe(409);
  });

  it('is not for members', async () => {
    const member = await join(app, ada.workspaceId, 'member');
    expect((await control({ command_id: 'a', kind: 'mute' }, member)).status).toBe(403);
  });
});

describe('POST /calls/{id}/supervise', () => {
  it('gives a seat in the room of the call, a listener’s by default', async () => {
    const listener = await post(`/calls/${callId}/supervise`, {});
    expect([listener.status, listener.body]).toMatchObject([
      200,
      { mode: 'listen', room: `web-${callId}`, url: 'ws://livekit.test' },
    ]);
    const other = await post(`/calls/${callId}/supervise`, { mode: 'barge' });
    expect(other.body.identity).not.toBe(listener.body.identity);
    expect(other.body.token).toContain('supervisor-');
  });

  it('gives the same seat for the same command id, another for another mode', async () => {
    const path = `/calls/${callId}/supervise`;
    const seat = async (mode: string, command_id: string) =>
      (await post(path, { mode, command_id })).body.identity;
    const first = await seat('listen', 'sit-1');
    expect(await seat('listen', 'sit-1')).toBe(first);
    expect(await seat('barge', 'sit-1')).not.toBe(first);
    expect(await seat('listen', 'sit-2')).not.toBe(first);
    expect((await post(path, { command_id: '' })).body.errors).toMatchObject([{ field: 'command_id' }]);
  });

  it('answers 400 for an unknown mode, 404 for somebody else’s call, 409 when it is over', async () => {
    const path = `/calls/${callId}/supervise`;
    expect((await post(path, { mode: 'shout' })).status).toBe(400);
    expect((await post(path, {}, await signUp(app, 'Mallory'))).status).toBe(404);
    await endCall(ada.ctx, { callId });
    expect((await post(path, {})).status).toBe(409);
  });
});

describe('what a worker asks about transfers and hand-offs', () => {
  const headers = { authorization: `Bearer ${internalToken}` };
  const internal = (method: string, path: string, body?: unknown) =>
    app.call(method, path, { headers, ...(body === undefined ? {} : { body }) });
  const order = { epoch: 1, requestKey: 'k', target: '+14155550177', mode: 'warm' };
  const nobody = '0198f3c0-0000-7000-8000-000000000009';

  it('starts a transfer, follows it and moves it on', async () => {
    const path = `/internal/calls/${callId}/transfers`;
    expect((await internal('POST', path, order)).body).toMatchObject({ ok: false });
    await newLine(app.t, ada.ctx, (await newAgent(ada.ctx)).id);
    await app.t.db.update(phoneNumbers).set({ outboundTrunkId: 'ST_1' });
    const started = await internal('POST', path, order);
    expect([started.status, started.body]).toMatchObject([200, { ok: true, to: order.target }]);
    const transfer = `/internal/transfers/${started.body.transferId}`;
    expect((await internal('GET', transfer)).body).toEqual({ status: 'calling', detail: '' });
    const declined = await internal('POST', transfer, { status: 'declined', detail: 'No time.' });
    expect([declined.status, declined.body]).toEqual([200, { status: 'declined', detail: 'No time.' }]);
  });

  it('answers 400 to what does not fit, 401 to strangers, 404 for what is not there', async () => {
    for (const path of [`/internal/calls/${nobody}/transfers`, `/internal/calls/${nobody}/hand-off`]) {
      const body = path.endsWith('transfers') ? order : { epoch: 1, agentId: nobody };
      expect((await internal('POST', path, body)).status).toBe(404);
      expect((await internal('POST', path, {})).status).toBe(400);
      expect((await app.call('POST', path, { headers: ada.headers, body })).status).toBe(401);
    }
    expect((await internal('GET', `/internal/transfers/${nobody}`)).status).toBe(404);
    expect((await internal('POST', `/internal/transfers/${nobody}`, { status: 'calling' })).status).toBe(400);
  });

  it('hands a call to another agent, and says why not', async () => {
    const path = `/internal/calls/${callId}/hand-off`;
    const other = await newAgent(ada.ctx);
    const answer = await internal('POST', path, { epoch: 1, agentId: other.id });
    expect(answer.body).toMatchObject({ ok: true, plan: { agent: { id: other.id } } });
    expect((await internal('POST', path, { epoch: 1, agentId: nobody })).body).toMatchObject({ ok: false });
  });
});
