import { randomUUID } from 'node:crypto';
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { getCallPlan, recordEvents } from '../../../core/calls/index.ts';
import { calls } from '../../../db/schema/calls.ts';
import { campaigns } from '../../../db/schema/campaigns.ts';
import { outbox } from '../../../db/schema/outbox.ts';
import { newAgent, newLine } from '../../factories/lines.ts';
import { type TestApp, testApp } from '../../harness/app.ts';
import { type Caller, signUp } from './crew.ts';

let app: TestApp;
let ada: Caller;
beforeAll(async () => {
  app = await testApp();
  ada = await signUp(app);
});
afterAll(() => app[Symbol.asyncDispose]());

const get = (path: string, as: Caller = ada) => app.call('GET', path, { headers: as.headers });
const post = (path: string, body?: unknown) =>
  app.call('POST', path, { headers: ada.headers, ...(body === undefined ? {} : { body }) });
const fieldsOf = (body: { errors: { field: string }[] }): string[] =>
  body.errors.map(({ field }) => field).sort();

describe('GET /calls/generate-token', () => {
  it('lets anybody call a published agent, by id and by slug', async () => {
    const agent = await newAgent(ada.ctx, { webSlug: 'reception' });
    for (const named of [agent.id, 'reception', 'Reception']) {
      const answer = await app.call('GET', `/calls/generate-token?agent_id=${named}`);
      expect(answer.status).toBe(200);
      expect(answer.body).toMatchObject({ url: 'ws://livekit.test', room: `web-${answer.body.call_id}` });
      expect(answer.body.token).not.toBe('');
      expect((await get(`/calls/${answer.body.call_id}`)).body).toMatchObject({
        call_type: 'web',
        status: 'queued',
      });
    }
  });

  it('puts the calls and chats of one visitor into one thread, which the agent remembers', async () => {
    const { id } = await newAgent(ada.ctx, { webSlug: 'known', definition: { rememberThread: true } });
    const token = (key: string) =>
      app.call('GET', `/calls/generate-token?agent_id=known&thread_key=${encodeURIComponent(key)}`);
    const key = 'a secret of the visitor';
    const chat = await app.call('POST', '/chats', {
      headers: ada.headers,
      body: { agent_id: id, thread_id: `visitor:${key}`, message: 'My boat is called Nancy.' },
    });
    expect(chat.status).toBe(200);
    const planOf = async (callId: string) =>
      (await getCallPlan(app.t.system(), { callId, epoch: 1 })).definition.systemPrompt;
    expect(await planOf((await token(key)).body.call_id)).toContain('Nancy');
    expect(await planOf((await token('a secret of another')).body.call_id)).not.toContain('Nancy');
    const short = await token('short');
    expect([short.status, fieldsOf(short.body)]).toEqual([400, ['thread_key']]);
  });

  it('hides agents that are not published, and asks for an agent', async () => {
    const hidden = await newAgent(ada.ctx);
    expect((await app.call('GET', `/calls/generate-token?agent_id=${hidden.id}`)).status).toBe(404);
    const none = await app.call('GET', '/calls/generate-token');
    expect([none.status, fieldsOf(none.body)]).toEqual([400, ['agent_id']]);
    const twice = await app.call('GET', '/calls/generate-token?agent_id=a&agent_id=b');
    expect([twice.status, fieldsOf(twice.body)]).toEqual([400, ['agent_id']]);
  });
});

describe('GET /calls', () => {
  let boss: Caller;
  let agentId: string;
  let batchId: string;

  beforeAll(async () => {
    boss = await signUp(app, 'Boss');
    const agent = await newAgent(boss.ctx);
    const other = await newAgent(boss.ctx);
    agentId = agent.id;
    const [batch] = await app.t.db
      .insert(campaigns)
      .values({
        workspaceId: boss.workspaceId,
        agentId,
        slug: 'batch',
        name: 'Batch',
        kind: 'batch',
        rules: {},
      })
      .returning();
    if (!batch) throw new Error('The insert of a campaign returned nothing.');
    batchId = batch.id;
    const row = (n: number) => ({
      workspaceId: boss.workspaceId,
      agentId: n === 0 ? other.id : agent.id,
      agentVersionId: agent.liveVersionId,
      channel: n % 2 === 0 ? ('phone' as const) : ('web' as const),
      direction: n < 3 ? ('outbound' as const) : ('inbound' as const),
      disposition: n === 1 ? ('busy' as const) : ('completed' as const),
      campaignId: n < 2 ? batchId : null,
      roomName: `room-${randomUUID()}`,
      createdAt: new Date(Date.UTC(2026, 1, 10 + n, 12)),
    });
    await app.t.db.insert(calls).values(Array.from({ length: 7 }, (_, n) => row(n)));
  });

  it('answers the documented page, newest first', async () => {
    const { status, body } = await get('/calls?page=2&page_size=3', boss);
    expect(status).toBe(200);
    expect(Object.keys(body)).toEqual([
      'items',
      'total',
      'page',
      'page_size',
      'has_next',
      'has_prev',
      'next_cursor',
    ]);
    expect(body).toMatchObject({ total: 7, page: 2, page_size: 3, has_next: true, has_prev: true });
    expect(body.items.map((call: { created_at: string }) => call.created_at.slice(0, 10))).toEqual([
      '2026-02-13',
      '2026-02-12',
      '2026-02-11',
    ]);
  });

  it('starts at page 1 with 25 a page, and ends where the calls end', async () => {
    expect((await get('/calls', boss)).body).toMatchObject({
      page: 1,
      page_size: 25,
      has_next: false,
      has_prev: false,
    });
    expect((await get('/calls?page=2&page_size=7', boss)).body).toMatchObject({
      items: [],
      total: 7,
      has_next: false,
    });
    expect((await get('/calls?page_size=7', boss)).body).toMatchObject({ has_next: false });
    expect((await get('/calls?page=900000&page_size=100', boss)).body).toMatchObject({
      items: [],
      has_prev: true,
    });
  });

  it.each([
    ['call_type=web', 3],
    ['call_direction=outbound', 3],
    ['disposition=busy', 1],
    ['disposition=voicemail', 0],
    ['start_datetime=2026-02-12', 5],
    ['start_datetime=2026-02-12T12:00:00Z', 5],
    ['start_datetime=2026-02-12T12:00:00.001Z', 4],
    ['start_datetime=2026-02-12T14:00:00%2B02:00', 5],
    ['start_datetime=2026-02-12T14:00:00+02:00', 5],
    ['end_datetime=2026-02-12', 3],
    ['end_datetime=2026-02-12T11:59:59', 2],
    ['start_datetime=2026-02-11&end_datetime=2026-02-12', 2],
    ['call_type=web&call_direction=inbound', 2],
  ])('filters by %s', async (query, total) => {
    expect((await get(`/calls?${query}`, boss)).body).toMatchObject({ total });
  });

  it('filters by agent and by batch', async () => {
    expect((await get(`/calls?agent_id=${agentId}`, boss)).body.total).toBe(6);
    expect((await get(`/calls?agent_id=${randomUUID()}`, boss)).body.total).toBe(0);
    expect((await get(`/calls?batch_id=${batchId}`, boss)).body.total).toBe(2);
  });

  it.each([
    ['page=0', 'page'],
    ['page=-1', 'page'],
    ['page=1.5', 'page'],
    ['page=abc', 'page'],
    ['page=', 'page'],
    ['page=1e3', 'page'],
    ['page=1&page=2', 'page'],
    ['page=99999999999999999999', 'page'],
    ['page_size=0', 'page_size'],
    ['page_size=101', 'page_size'],
    ['call_type=fax', 'call_type'],
    ['call_direction=up', 'call_direction'],
    ['disposition=great', 'disposition'],
    ['agent_id=7', 'agent_id'],
    ['batch_id=7', 'batch_id'],
    ['start_datetime=yesterday', 'start_datetime'],
    ['start_datetime=2026-02-30', 'start_datetime'],
    ['end_datetime=2026', 'end_datetime'],
    ['start_datetime=2026-02-12&end_datetime=2026-02-11', 'end_datetime'],
  ])('answers 400 for %s', async (query, field) => {
    const answer = await get(`/calls?${query}`, boss);
    expect([answer.status, fieldsOf(answer.body)]).toEqual([400, [field]]);
  });

  it('names every wrong filter at once', async () => {
    const answer = await get('/calls?page=0&page_size=0&disposition=x&agent_id=x', boss);
    expect(fieldsOf(answer.body)).toEqual(['agent_id', 'disposition', 'page', 'page_size']);
  });
});

describe('GET /calls/{id}', () => {
  it('answers the transcript, the waterfall of each turn, and the events', async () => {
    await newAgent(ada.ctx, { webSlug: 'waterfall' });
    const { body: made } = await app.call('GET', '/calls/generate-token?agent_id=waterfall');
    const at = Date.UTC(2026, 1, 15, 9);
    const head = (seq: number) => ({ callId: made.call_id as string, epoch: 1, seq, at: at + seq });
    const latency = {
      transcriptionMs: 90,
      endOfTurnMs: 250,
      llmFirstTokenMs: 180,
      ttsFirstByteMs: 70,
      totalMs: 610,
    };
    await recordEvents(app.t.system(), {
      events: [
        { ...head(1), type: 'call.answered' },
        { ...head(2), type: 'agent.first_word', afterAnswerMs: 120 },
        { ...head(3), type: 'user.turn', text: 'When do you open?', startedAt: at, endedAt: at + 900 },
        {
          ...head(4),
          type: 'agent.turn',
          text: 'At nine.',
          source: 'reply',
          interrupted: false,
          startedAt: at + 1_510,
          endedAt: at + 2_000,
          latency,
        },
      ],
    });
    const { status, body } = await get(`/calls/${made.call_id}`);
    expect(status).toBe(200);
    expect(body.transcript).toEqual([
      expect.objectContaining({ role: 'user', text: 'When do you open?', latency: null }),
      expect.objectContaining({
        role: 'agent',
        text: 'At nine.',
        latency: {
          transcription_ms: 90,
          end_of_turn_ms: 250,
          llm_first_token_ms: 180,
          tts_first_byte_ms: 70,
          total_ms: 610,
        },
      }),
    ]);
    expect(body.latency).toEqual({ measured_turns: 1, p50_ms: 610, p95_ms: 610, max_ms: 610 });
    expect(body.events.map((event: { type: string }) => event.type)).toEqual([
      'call.answered',
      'agent.first_word',
      'user.turn',
      'agent.turn',
    ]);
    expect(body).toMatchObject({ status: 'active', answer_to_first_word_ms: 1 });
  });

  it('answers 404 for an id that nobody has, and for what is no id', async () => {
    expect((await get(`/calls/${randomUUID()}`)).status).toBe(404);
    expect((await get('/calls/7')).status).toBe(404);
  });
});

describe('POST /calls/outbound_call', () => {
  const order = (agent_phone_number: string, more: object = {}) =>
    post('/calls/outbound_call', { agent_phone_number, phone_number_to_dial: '+14155552671', ...more });

  it('queues the call with its variables, and leaves the dialing to a job', async () => {
    const line = await newLine(app.t, ada.ctx, (await newAgent(ada.ctx)).id);
    const answer = await order(line.e164, { dynamic_variables: { customer_name: 'John', visits: 3 } });
    expect(answer.status).toBe(201);
    expect(answer.body).toMatchObject({ status: 'queued' });
    const { body: call } = await get(`/calls/${answer.body.call_id}`);
    expect(call).toMatchObject({
      call_direction: 'outbound',
      to_number: '+14155552671',
      dynamic_variables: { customer_name: 'John', visits: '3' },
    });
    const sent = await app.t.db.select().from(outbox).where(eq(outbox.name, 'dial-call'));
    expect(sent.map((message) => message.payload)).toContainEqual({ callId: answer.body.call_id });
  });

  it('answers 404 for a number the workspace does not have, 400 for one without an agent', async () => {
    expect((await order('+16505559999')).status).toBe(404);
    const line = await newLine(app.t, ada.ctx, null);
    const answer = await order(line.e164);
    expect([answer.status, fieldsOf(answer.body)]).toEqual([400, ['agent_phone_number']]);
  });

  it('answers 400 with every field that does not fit', async () => {
    const answer = await post('/calls/outbound_call', {
      agent_phone_number: '650',
      phone_number_to_dial: 4155559876,
      dynamic_variables: { nested: { no: 1 } },
    });
    expect(answer.status).toBe(400);
    expect(fieldsOf(answer.body)).toEqual([
      'agent_phone_number',
      'dynamic_variables.nested',
      'phone_number_to_dial',
    ]);
  });
});

describe('POST /calls/{id}/end', () => {
  it('ends a call that has not begun, and may be said twice', async () => {
    const line = await newLine(app.t, ada.ctx, (await newAgent(ada.ctx)).id);
    const { body } = await post('/calls/outbound_call', {
      agent_phone_number: line.e164,
      phone_number_to_dial: '+14155552671',
    });
    for (const _ of [1, 2]) {
      const answer = await post(`/calls/${body.call_id}/end`);
      expect([answer.status, answer.body.status]).toEqual([202, 'ended']);
    }
    expect((await post(`/calls/${randomUUID()}/end`)).status).toBe(404);
  });
});
