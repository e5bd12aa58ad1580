import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hmacSha256 } from '../../../platform/crypto.ts';
import { type TestApp, testApp } from '../../harness/app.ts';
import { type Caller, signUp } from './crew.ts';

let app: TestApp;
let ada: Caller;
let server: Server;
let host: string;
const asked: { body: string; signature: string; conversation: string }[] = [];

beforeAll(async () => {
  server = createServer(async (request, response) => {
    let body = '';
    for await (const part of request) body += part;
    const { headers } = request;
    asked.push({
      body,
      signature: String(headers['x-trunkline-signature']),
      conversation: String(headers['x-trunkline-conversation']),
    });
    if (request.url === '/down') response.writeHead(500).end();
    else
      response.end(
        `data: ${JSON.stringify({ choices: [{ delta: { content: 'At noon.' } }] })}\n\ndata: [DONE]\n\n`,
      );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  app = await testApp();
  Object.assign(app.t.ports, { allowedHosts: [host] });
  ada = await signUp(app);
  const secret = { kind: 'hmac', key: 'harbour light' };
  await app.call('POST', '/credentials', { headers: ada.headers, body: { name: 'tide', secret } });
});
afterAll(async () => {
  server.close();
  await app[Symbol.asyncDispose]();
});

const agentWith = (webhook: unknown) =>
  app.call('POST', '/agents', { headers: ada.headers, body: { agent_name: 'Harbour', webhook } });

describe('an agent with a webhook', () => {
  it('is answered as sent with defaults, never with the key, and goes back to the model with null', async () => {
    const agent = await agentWith({ url: 'https://harbour.test/voice', credential: 'tide' });
    expect(agent.status).toBe(201);
    expect(agent.body.webhook).toEqual({
      ...{ url: 'https://harbour.test/voice', credential: 'tide' },
      ...{ timeout_ms: 4_000, fallback_text: '' },
    });
    expect(JSON.stringify(agent.body)).not.toContain('harbour light');
    const put = (body: object) => app.call('PUT', `/agents/${agent.body.id}`, { headers: ada.headers, body });
    expect((await put({ agent_name: 'Port' })).body.webhook).toEqual(agent.body.webhook);
    expect((await put({ webhook: null })).body.webhook).toBeNull();
  });

  it.each([
    [{ url: 'ftp://harbour.test' }, 'webhook'],
    [{ url: 'https://harbour.test', timeout_ms: 60_000 }, 'webhook'],
    [{ url: 'https://harbour.test', credential: 'nobody' }, 'the workspace has no credential'],
  ])('%j is refused with words', async (webhook, words) => {
    const answer = await agentWith(webhook);
    expect(answer.status).toBe(400);
    expect(JSON.stringify(answer.body)).toContain(words);
  });

  it('writes what the webhook says; the request is signed', async () => {
    const agent = await agentWith({ url: `http://${host}/voice`, credential: 'tide' });
    const body = { agent_id: agent.body.id, message: 'When is high tide?' };
    const chat = await app.call('POST', '/chats', { headers: ada.headers, body });
    expect(chat.body.reply).toContain('At noon.');
    const [last] = asked.slice(-1);
    expect(JSON.parse(last?.body ?? '')).toMatchObject({ model: 'custom', stream: true });
    expect(last?.conversation).toBe(chat.body.chat_id);
    const [, seconds, signature] = /^t=(\d+),v1=(\w+)$/.exec(last?.signature ?? '') ?? [];
    expect(signature).toBe(hmacSha256('harbour light', `${seconds}.${last?.body}`));
  });

  it('asks twice and then writes the fallback', async () => {
    const agent = await agentWith({ url: `http://${host}/down`, fallback_text: 'My book is closed.' });
    asked.length = 0;
    const body = { agent_id: agent.body.id, message: 'When is high tide?' };
    const chat = await app.call('POST', '/chats', { headers: ada.headers, body });
    expect(chat.body.reply).toContain('My book is closed.');
    expect(asked).toHaveLength(2);
  });
});
