import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createCampaign } from '../../../core/campaigns/index.ts';
import { newAgent, newLine } from '../../factories/lines.ts';
import { type TestApp, testApp } from '../../harness/app.ts';
import { type Caller, join, signUp } from './crew.ts';

let app: TestApp;
let ada: Caller;
beforeAll(async () => {
  app = await testApp();
  ada = await signUp(app);
});
afterAll(() => app[Symbol.asyncDispose]());

const post = (body: unknown) => app.call('POST', '/agents', { headers: ada.headers, body });
const put = (id: string, body: unknown) => app.call('PUT', `/agents/${id}`, { headers: ada.headers, body });
const fieldsOf = (body: { errors: { field: string }[] }): string[] =>
  body.errors.map(({ field }) => field).sort();

/** The example of document 002, word for word, with a number that is registered. */
const example = (phone_number: string) => ({
  phone_number,
  LLM_provider: 'open ai',
  LLM_model: 'gpt-4o',
  STT_provider: 'deepgram',
  TTS_provider: 'openai',
  agent_name: 'Sales Agent',
  system_prompt: 'You are a helpful sales assistant...',
  first_message: 'Hello! How can I help you today?',
  temperature: 0.7,
  max_tokens: 1024,
  max_call_duration: 300,
  custom_functions: [
    {
      name: 'check_inventory',
      description: 'Check product availability',
      url: 'https://api.example.com/inventory',
      method: 'POST',
      parameters: {},
    },
  ],
});

describe('creating an agent', () => {
  it('takes the document’s example and answers every field of it as sent', async () => {
    await newLine(app.t, ada.ctx, null, '+16505551234');
    const answer = await post(example('+16505551234'));
    expect(answer.status).toBe(201);
    expect(answer.body).toMatchObject(example('+16505551234'));
    expect((await app.call('GET', `/agents/${answer.body.id}`, { headers: ada.headers })).body).toEqual(
      answer.body,
    );
  });

  it('needs only a name', async () => {
    const answer = await post({ agent_name: 'Night desk' });
    expect(answer.status).toBe(201);
    expect(answer.body).toMatchObject({ LLM_provider: 'open ai', STT_provider: 'deepgram', version: 1 });
  });

  it('answers an unknown provider with 400 and the ones there are', async () => {
    const answer = await post({
      agent_name: 'A',
      LLM_provider: 'hal',
      STT_provider: 'ear',
      TTS_provider: 'mouth',
    });
    expect(answer.status).toBe(400);
    expect(fieldsOf(answer.body)).toEqual(['LLM_provider', 'STT_provider', 'TTS_provider']);
    expect(JSON.stringify(answer.body)).toContain('deepgram');
    expect(JSON.stringify(answer.body)).toContain('elevenlabs');
  });

  it('names every field that does not fit, as the wire spells it', async () => {
    const answer = await post({
      agent_name: '',
      temperature: 9,
      max_tokens: 0,
      max_call_duration: 1,
      phone_number: '555',
      web_slug: '-no-',
      custom_functions: [{ name: '1 bad', url: 'ftp://x', method: 'SEND' }],
    });
    expect(answer.status).toBe(400);
    expect(fieldsOf(answer.body)).toEqual([
      'agent_name',
      'custom_functions.0.method',
      'custom_functions.0.name',
      'custom_functions.0.url',
      'max_call_duration',
      'max_tokens',
      'phone_number',
      'temperature',
      'web_slug',
    ]);
  });

  it('says beside what does not fit why the agent could not work anyway', async () => {
    const fn = (fields: object) => ({ name: 'look', url: 'https://api.example.com/', ...fields });
    const body = {
      temperature: 9,
      custom_functions: [
        fn({ url: 'ftp://x' }),
        fn({ name: 'buy', url: 'http://10.0.0.1/' }),
        fn({ credential: 'none such' }),
      ],
      transfer_to: 'the front desk',
      voicemail_action: 'leave_message',
      voicemail_message: 7,
    };
    const reasons = [
      'custom_functions.0.url',
      'custom_functions.1.url',
      'custom_functions.2.credential',
      'temperature',
      'transfer_to',
      'voicemail_message',
    ];
    const answer = await post(body);
    expect([answer.status, fieldsOf(answer.body)]).toEqual([400, ['agent_name', ...reasons].sort()]);
    const { id } = await newAgent(ada.ctx);
    const changed = await put(id, body);
    expect([changed.status, fieldsOf(changed.body)]).toEqual([400, reasons]);
    expect((await post([body])).status).toBe(400);
  });

  it('answers a number that the workspace does not have with 400 at phone_number', async () => {
    const answer = await post({ agent_name: 'A', phone_number: '+16505550000' });
    expect([answer.status, fieldsOf(answer.body)]).toEqual([400, ['phone_number']]);
  });

  it('answers a taken slug or number with 409', async () => {
    await newAgent(ada.ctx, { webSlug: 'taken' });
    const slug = await post({ agent_name: 'A', web_slug: 'taken' });
    expect([slug.status, fieldsOf(slug.body)]).toEqual([409, ['web_slug']]);
    const agent = await newAgent(ada.ctx);
    await newLine(app.t, ada.ctx, agent.id, '+16505551235');
    const number = await post({ agent_name: 'A', phone_number: '+16505551235' });
    expect([number.status, fieldsOf(number.body)]).toEqual([409, ['phone_number']]);
    const { id } = await newAgent(ada.ctx);
    const changed = await app.call('PUT', `/agents/${id}`, {
      headers: ada.headers,
      body: { web_slug: 'taken' },
    });
    expect([changed.status, fieldsOf(changed.body)]).toEqual([409, ['web_slug']]);
  });
});

describe('changing an agent', () => {
  it('leaves what is not sent, and writes a version only for a change', async () => {
    const { body: agent } = await post({ agent_name: 'A', system_prompt: 'Be kind.', temperature: 0.2 });
    const changed = await put(agent.id, { temperature: 0.9 });
    expect(changed.status).toBe(200);
    expect(changed.body).toMatchObject({ system_prompt: 'Be kind.', temperature: 0.9, version: 2 });
    expect((await put(agent.id, { temperature: 0.9 })).body.version).toBe(2);
    expect((await put(agent.id, changed.body)).body).toMatchObject({ version: 2 });
  });

  it('gives another provider its own model, and keeps the model of the same one', async () => {
    const { body: agent } = await post({
      agent_name: 'A',
      TTS_provider: 'openai',
      TTS_model: 'gpt-4o-mini-tts',
    });
    const same = await put(agent.id, { TTS_provider: 'openai' });
    expect(same.body.TTS_model).toBe('gpt-4o-mini-tts');
    const other = await put(agent.id, { TTS_provider: 'eleven labs' });
    expect(other.body).toMatchObject({ TTS_provider: 'elevenlabs', TTS_model: 'eleven_turbo_v2_5' });
  });

  it('answers 400 for what does not fit and 404 for an agent that is not there', async () => {
    const { body: agent } = await post({ agent_name: 'A' });
    const answer = await put(agent.id, { endpointing_max_ms: 'long' });
    expect([answer.status, fieldsOf(answer.body)]).toEqual([400, ['endpointing_max_ms']]);
    expect((await put('nonsense', { temperature: 1 })).status).toBe(404);
    expect((await put(ada.workspaceId, { temperature: 1 })).status).toBe(404);
  });
});

describe('seeing agents', () => {
  it('shows headers of functions to developers, and to members only their names', async () => {
    const { body: agent } = await post({
      agent_name: 'A',
      custom_functions: [{ name: 'f', url: 'https://api.example.com/', headers: { 'X-Key': 'secret' } }],
    });
    expect(agent.custom_functions[0].headers).toEqual({ 'X-Key': 'secret' });
    const member = await join(app, ada.workspaceId, 'member');
    const seen = await app.call('GET', `/agents/${agent.id}`, { headers: member.headers });
    expect(Object.keys(seen.body.custom_functions[0].headers)).toEqual(['X-Key']);
    expect(JSON.stringify(seen.body)).not.toContain('secret');
  });

  it('ends with a deletion', async () => {
    const { body: agent } = await post({ agent_name: 'Gone' });
    expect((await app.call('DELETE', `/agents/${agent.id}`, { headers: ada.headers })).status).toBe(204);
    expect((await app.call('GET', `/agents/${agent.id}`, { headers: ada.headers })).status).toBe(404);
    expect((await app.call('DELETE', `/agents/${agent.id}`, { headers: ada.headers })).status).toBe(404);
    const list = await app.call('GET', '/agents', { headers: ada.headers });
    expect(list.body.map((one: { id: string }) => one.id)).not.toContain(agent.id);
  });
});

it('an agent says which numbers lead to it, and which campaigns and batches call with it', async () => {
  const { id } = await newAgent(ada.ctx);
  const usage = () => app.call('GET', `/agents/${id}/usage`, { headers: ada.headers });
  expect((await usage()).body).toEqual({ phone_numbers: [], campaigns: [] });
  const line = await newLine(app.t, ada.ctx, id, '+16505551236');
  const fields = { name: 'Recalls', agentId: id, fromNumbers: [line.e164] };
  const first = await createCampaign(ada.ctx, fields);
  const second = await createCampaign(ada.ctx, { ...fields, kind: 'batch' });
  expect((await usage()).body).toEqual({
    phone_numbers: [{ phone_number: line.e164, label: '' }],
    campaigns: [
      { id: second.id, slug: second.slug, name: 'Recalls', kind: 'batch', status: 'draft' },
      { id: first.id, slug: first.slug, name: 'Recalls', kind: 'campaign', status: 'draft' },
    ],
  });
});
