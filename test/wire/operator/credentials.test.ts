import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { resolveCallCredentials } from '../../../core/credentials/index.ts';
import { credentials } from '../../../db/schema/credentials.ts';
import { internalToken, type TestApp, testApp } from '../../harness/app.ts';
import { type Caller, join, signUp } from './crew.ts';

let app: TestApp;
let ada: Caller;
beforeAll(async () => {
  app = await testApp();
  ada = await signUp(app);
});
afterAll(() => app[Symbol.asyncDispose]());

let names = 0;
const bearer = { kind: 'bearer', token: 'very-secret-token' };

async function newCredential(secret: object = bearer) {
  const name = `Shop ${++names}`;
  const answer = await app.call('POST', '/credentials', { headers: ada.headers, body: { name, secret } });
  expect(answer.status).toBe(201);
  return { id: answer.body.id as string, name, answer };
}

const agentWith = (fields: object) =>
  app.call('POST', '/agents', { headers: ada.headers, body: { agent_name: 'Desk', ...fields } });
const fn = (fields: object) => ({ name: 'look', url: 'https://shop.test/look', ...fields });

describe('a credential', () => {
  it('is answered and listed without its secret, and is sealed in the database', async () => {
    const { id, name, answer } = await newCredential();
    const list = await app.call('GET', '/credentials', { headers: ada.headers });
    expect(list.body).toContainEqual(answer.body);
    expect(answer.body).toMatchObject({ name, kind: 'bearer' });
    expect(JSON.stringify([answer.body, list.body])).not.toContain(bearer.token);
    const [row] = await app.t.db.select().from(credentials).where(eq(credentials.id, id));
    expect(row?.sealed).toMatch(/^v1\./);
    expect(row?.sealed).not.toContain(bearer.token);
  });

  it.each([
    [{ kind: 'bearer' }, 'secret.token'],
    [{ kind: 'bearer', token: 'two\r\nlines' }, 'secret.token'],
    [{ kind: 'header', header: 'not a header', value: 'x' }, 'secret.header'],
    [{ kind: 'magic' }, 'secret.kind'],
  ])('%j is refused with 400 that names the field', async (secret, path) => {
    const answer = await app.call('POST', '/credentials', {
      headers: ada.headers,
      body: { name: 'Bad', secret },
    });
    expect(answer.status).toBe(400);
    expect(JSON.stringify(answer.body)).toContain(path);
  });

  it('whose name is taken is refused with 409', async () => {
    const { name } = await newCredential();
    const again = await app.call('POST', '/credentials', {
      headers: ada.headers,
      body: { name, secret: bearer },
    });
    expect(again.status).toBe(409);
  });

  it('that an agent or a draft uses cannot be deleted; afterwards it can', async () => {
    const { id, name } = await newCredential();
    const agent = await agentWith({ custom_functions: [fn({ credential: name })] });
    expect(agent.status).toBe(201);
    const refused = await app.call('DELETE', `/credentials/${id}`, { headers: ada.headers });
    expect(refused.status).toBe(409);
    expect(JSON.stringify(refused.body)).toContain('Desk');
    const path = `/agents/${agent.body.id}`;
    await app.call('PUT', path, { headers: ada.headers, body: { custom_functions: [] } });
    const servers = [{ name: 'harbor', url: 'https://mcp.test/mcp', credential: name }];
    await app.call('PUT', `${path}/draft`, { headers: ada.headers, body: { mcp_servers: servers } });
    expect((await app.call('DELETE', `/credentials/${id}`, { headers: ada.headers })).status).toBe(409);
    await app.call('DELETE', `${path}/draft`, { headers: ada.headers });
    expect((await app.call('DELETE', `/credentials/${id}`, { headers: ada.headers })).status).toBe(204);
    expect((await app.call('DELETE', `/credentials/${id}`, { headers: ada.headers })).status).toBe(404);
  });

  it('that is not there keeps an agent from being saved', async () => {
    const answer = await agentWith({ custom_functions: [fn({ credential: 'Nobody' })] });
    expect(answer.status).toBe(400);
    expect(JSON.stringify(answer.body)).toContain('the workspace has no credential \\"Nobody\\"');
  });

  it('reaches only the worker in charge of a call, through the internal route', async () => {
    const { id, name } = await newCredential();
    const slug = `shop-${names}`;
    await agentWith({ web_slug: slug, custom_functions: [fn({ credential: name })] });
    const started = await app.call('GET', `/calls/generate-token?agent_id=${slug}`);
    const callId = started.body.call_id as string;
    const path = `/internal/calls/${callId}/credentials?epoch=1`;
    expect((await app.call('GET', path)).status).toBe(401);
    expect((await app.call('GET', path, { headers: ada.headers })).status).toBe(401);
    const headers = { authorization: `Bearer ${internalToken}` };
    const answer = await app.call('GET', path, { headers });
    expect(answer.body).toEqual({ credentials: { [name]: bearer } });
    const plan = await app.call('GET', `/internal/calls/${callId}/plan?epoch=1`, { headers });
    expect(JSON.stringify(plan.body)).not.toContain(bearer.token);
    expect((await app.call('GET', path.replace('epoch=1', 'epoch=2'), { headers })).status).toBe(409);
    await app.call('PUT', `/credentials/${id}`, {
      headers: ada.headers,
      body: { secret: { kind: 'basic', username: 'a', password: 'b' } },
    });
    const { credentials: now } = await resolveCallCredentials(app.t.system(), { callId, epoch: 1 });
    expect(now[name]).toEqual({ kind: 'basic', username: 'a', password: 'b' });
  });
});

describe('functions of an agent', () => {
  it('are answered as sent, and members see no values of headers', async () => {
    const sent = {
      custom_functions: [
        {
          ...{ name: 'look', description: 'Looks', url: 'https://shop.test/look', method: 'GET' },
          ...{ headers: { 'x-shop': 'secret-1' }, parameters: {}, timeout_ms: 500, credential: '' },
          ...{ retries: 2, wait_texts: ['One moment.'], wait_after_ms: 100, interruptible: false },
          max_result_bytes: 1_000,
        },
      ],
      built_in_functions: ['end_call', 'take_note'],
      mcp_servers: [
        {
          ...{ name: 'harbor', url: 'https://mcp.test/sse', transport: 'sse', credential: '' },
          ...{ headers: { 'x-key': 'secret-2' }, tools: ['tide'], timeout_ms: 500, max_result_bytes: 1_000 },
        },
      ],
      note_schema: { type: 'object', properties: { mood: { type: 'string' } } },
      remember_thread: true,
    };
    const agent = await agentWith(sent);
    expect(agent.body).toMatchObject(sent);
    const member = await join(app, ada.workspaceId, 'member');
    const seen = await app.call('GET', `/agents/${agent.body.id}`, { headers: member.headers });
    expect(seen.status).toBe(200);
    expect(JSON.stringify(seen.body)).not.toMatch(/secret-[12]/);
    const cleared = await app.call('PUT', `/agents/${agent.body.id}`, {
      headers: ada.headers,
      body: { mcp_servers: [], built_in_functions: [] },
    });
    expect(cleared.body).toMatchObject({ ...sent, mcp_servers: [], built_in_functions: [] });
  });

  it.each([
    [{ built_in_functions: ['fly'] }, 'built_in_functions.0', 'unknown; known here: end_call'],
    [{ custom_functions: [fn({ name: 'end_call' })] }, 'custom_functions.0.name', 'built-in'],
    [{ note_schema: { type: 'array' } }, 'note_schema', 'must describe an object'],
    [
      {
        mcp_servers: [
          { name: 'a', url: 'https://a.test' },
          { name: 'a', url: 'https://b.test' },
        ],
      },
      'mcp_servers.1.name',
      'another server',
    ],
  ])('%j are refused with words', async (fields, path, words) => {
    const answer = await agentWith(fields);
    expect(answer.status).toBe(400);
    expect(JSON.stringify(answer.body)).toContain(path);
    expect(JSON.stringify(answer.body)).toContain(words);
  });
});
