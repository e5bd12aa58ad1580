import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newLine } from '../../factories/lines.ts';
import { type TestApp, testApp } from '../../harness/app.ts';
import { type Caller, join, signUp } from './crew.ts';

let app: TestApp;
let ada: Caller;
beforeAll(async () => {
  app = await testApp();
  ada = await signUp(app);
  app.t.ports.voicesOf.set('elevenlabs', ['joe']);
  for (const target of behaviour.handoff_targets) target.agent_id = await agent({ agent_name: 'Bookings' });
});
afterAll(() => app[Symbol.asyncDispose]());

const send = (method: string, path: string, body?: unknown, caller: Caller = ada) =>
  app.call(method, path, { headers: caller.headers, ...(body === undefined ? {} : { body }) });
const agent = async (fields: object = {}): Promise<string> =>
  (await send('POST', '/agents', { agent_name: 'A', ...fields })).body.id;

const behaviour = {
  speaks_first: 'wait',
  first_message_delay_ms: 2_000,
  ai_disclosure: 'You are talking with an AI.',
  LLM_fallbacks: [{ provider: 'open ai', model: 'gpt-4.1-mini' }],
  STT_fallbacks: [{ provider: 'openai', model: 'whisper-1' }],
  TTS_fallbacks: [{ provider: 'deepgram', model: 'aura-2-andromeda-en', voice: 'default' }],
  voice_settings: { speed: 1.2, stability: 0.4, similarity_boost: null, style: null },
  idle_prompt_after_ms: 8_000,
  idle_prompts: ['Are you still there?'],
  idle_hang_up_after_ms: 30_000,
  duration_warning_ms: 60_000,
  duration_warning_text: 'One minute left.',
  end_call_phrases: ['goodbye'],
  transfer_targets: [{ name: 'Desk', number: '+16505551234', description: 'People', mode: 'warm' }],
  // Filled in when there is somebody to hand over to.
  handoff_targets: [{ name: 'Bookings', agent_id: '', description: 'Books rooms' }],
  recording_policy: 'on',
  recording_consent_line: 'This call is recorded.',
  voicemail_action: 'leave_message',
  voicemail_message: 'Please call back.',
  voicemail_screening_line: 'This is Harbor Dental, about an appointment.',
  analysis_enabled: false,
  analysis_schema: { type: 'object', properties: { city: { type: 'string' } } },
  success_criteria: 'A booking was made.',
};

describe('the wider definition', () => {
  it('is answered as sent, stays when left out, and changes field by field', async () => {
    const made = await send('POST', '/agents', { agent_name: 'A', ...behaviour });
    expect(made.status).toBe(201);
    expect(made.body).toMatchObject(behaviour);
    const changed = await send('PUT', `/agents/${made.body.id}`, { idle_prompts: ['Hello?'] });
    expect(changed.body).toMatchObject({ ...behaviour, idle_prompts: ['Hello?'], version: 2 });
  });

  it('refuses what does not fit and what cannot work, in the wire’s words', async () => {
    const unfit = await send('POST', '/agents', {
      ...{ agent_name: 'A', speaks_first: 'nobody', idle_prompt_after_ms: 1, recording_policy: 'maybe' },
      LLM_fallbacks: [{ provider: 'hal' }],
    });
    expect(unfit.status).toBe(400);
    expect(unfit.body.errors.map((one: { field: string }) => one.field).sort()).toEqual([
      ...['LLM_fallbacks.0.provider', 'idle_prompt_after_ms', 'recording_policy', 'speaks_first'],
    ]);
    const unable = await send('POST', '/agents', {
      ...{ agent_name: 'A', voice: 'bob', transfer_to: 'desk', voicemail_action: 'leave_message' },
      analysis_schema: { type: 'nonsense' },
      handoff_targets: [{ name: 'Nobody', agent_id: '0198f3c0-0000-7000-8000-000000000001' }],
    });
    expect(unable.status).toBe(400);
    expect(unable.body.errors.map((one: { field: string }) => one.field).sort()).toEqual([
      ...['analysis_schema', 'handoff_targets.0', 'transfer_to', 'voice', 'voicemail_message'],
    ]);
    expect(JSON.stringify(unable.body)).toContain('elevenlabs has no voice \\"bob\\"; it has joe');
  });
});

describe('a draft over the wire', () => {
  it('is saved, seen with what is wrong, refused, mended, published and rolled back', async () => {
    const id = await agent({ system_prompt: 'One' });
    expect((await send('GET', `/agents/${id}/draft`)).status).toBe(404);
    for (const path of ['publish', 'versions'])
      expect([path, (await send('POST', `/agents/${id}/${path}`)).status]).toEqual([path, 409]);
    const saved = await send('PUT', `/agents/${id}/draft`, { system_prompt: 'Two', voice: 'bob' });
    expect(saved.status).toBe(200);
    expect(saved.body).toMatchObject({
      agent: { system_prompt: 'Two', voice: 'bob' },
      ...{ base_version: 1, live_version: 1 },
      errors: [{ field: 'voice' }],
    });
    expect((await send('GET', `/agents/${id}`)).body.system_prompt).toBe('One');
    const refused = await send('POST', `/agents/${id}/publish`, {});
    expect([refused.status, refused.body.errors[0].field]).toEqual([400, 'voice']);
    await send('PUT', `/agents/${id}/draft`, { voice: 'joe' });
    const published = await send('POST', `/agents/${id}/publish`, { note: 'Friendlier' });
    expect(published.body).toMatchObject({ version: 2, system_prompt: 'Two', voice: 'joe' });
    const versions = await send('GET', `/agents/${id}/versions`);
    expect(versions.body.items).toMatchObject([
      { version: 2, note: 'Friendlier', percent: 100, created_by: ada.userId },
      { version: 1, percent: 0 },
    ]);
    expect((await send('GET', `/agents/${id}/versions/1`)).body).toMatchObject({
      agent: { system_prompt: 'One', version: 1 },
    });
    expect((await send('GET', `/agents/${id}/versions/9`)).status).toBe(404);
    expect((await send('GET', `/agents/${id}/versions/zero`)).status).toBe(404);
    expect((await send('POST', `/agents/${id}/rollback`)).body).toMatchObject({
      ...{ version: 1, system_prompt: 'One' },
    });
    expect((await send('POST', `/agents/${id}/rollback`)).status).toBe(409);
    expect((await send('POST', `/agents/${id}/rollback`, { version: 2 })).body.version).toBe(2);
    for (const version of [99, 2 ** 50]) {
      const refused = await send('POST', `/agents/${id}/rollback`, { version });
      expect(refused.status).toBe(version === 99 ? 404 : 400);
    }
  });

  it('hides the values of headers from members', async () => {
    const custom_functions = [{ name: 'f', url: 'https://a.test/', headers: { 'X-Key': 'secret' } }];
    const id = await agent({ custom_functions });
    await send('PUT', `/agents/${id}/draft`, { system_prompt: 'x' });
    const member = await join(app, ada.workspaceId, 'member');
    for (const path of ['draft', 'versions/1']) {
      const seen = await send('GET', `/agents/${id}/${path}`, undefined, member);
      expect(seen.status).toBe(200);
      expect(JSON.stringify(seen.body)).not.toContain('secret');
    }
  });

  it('can be thrown away', async () => {
    const id = await agent();
    await send('PUT', `/agents/${id}/draft`, { system_prompt: 'x' });
    expect((await send('DELETE', `/agents/${id}/draft`)).status).toBe(204);
    expect((await send('GET', `/agents/${id}/draft`)).status).toBe(404);
  });
});

describe('a traffic split over the wire', () => {
  it('is set, seen, refused where it makes no sense, and ended', async () => {
    const id = await agent();
    await send('PUT', `/agents/${id}`, { system_prompt: 'Two' });
    const split = { live_version: 2, live_percent: 80, split_version: 1, split_percent: 20 };
    expect((await send('PUT', `/agents/${id}/traffic`, { version: 1, percent: 20 })).body).toEqual(split);
    expect((await send('GET', `/agents/${id}/traffic`)).body).toEqual(split);
    expect((await send('PUT', `/agents/${id}/traffic`, { version: 2, percent: 20 })).status).toBe(409);
    expect((await send('PUT', `/agents/${id}/traffic`, { version: 5, percent: 20 })).status).toBe(404);
    expect((await send('PUT', `/agents/${id}/traffic`, { version: 1, percent: 100 })).status).toBe(400);
    expect((await send('PUT', `/agents/${id}/traffic`, {})).status).toBe(400);
    expect((await send('PUT', `/agents/${id}/traffic`, { version: null })).body).toMatchObject({
      ...{ live_percent: 100, split_version: null },
    });
  });
});

describe('what a call says of its agent', () => {
  it('names the version, and the variables that had no value', async () => {
    const line = await newLine(app.t, ada.ctx, await agent({ first_message: 'Hi {{name}} of {{city}}' }));
    const placed = await send('POST', '/calls/outbound_call', {
      ...{ agent_phone_number: line.e164, phone_number_to_dial: '+14155559876' },
      dynamic_variables: { city: 'Rome' },
    });
    expect(placed.body.missing_variables).toEqual(['name']);
    const seen = await send('GET', `/calls/${placed.body.call_id}`);
    expect(seen.body).toMatchObject({ missing_variables: ['name'], agent_version_id: expect.any(String) });
  });

  it('is checked without being saved', async () => {
    const id = await agent({ first_message: 'Hi {{name}}' });
    expect((await send('GET', `/agents/${id}/check`)).body).toMatchObject({
      errors: [],
      warnings: [{ field: 'system_prompt' }, { field: 'variables' }],
    });
  });
});
