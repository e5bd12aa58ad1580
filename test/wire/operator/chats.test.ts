import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ChatModel } from '../../../core/ports.ts';
import { newAgent } from '../../factories/lines.ts';
import { type TestApp, testApp } from '../../harness/app.ts';
import { type Caller, signUp } from './crew.ts';

let app: TestApp;
let ada: Caller;
let agentId: string;
beforeAll(async () => {
  app = await testApp();
  ada = await signUp(app);
  agentId = (await newAgent(ada.ctx)).id;
});
afterAll(() => app[Symbol.asyncDispose]());
beforeEach(() => {
  app.t.ports.chatReply = () => ({ text: 'From nine to five.' });
});

const say = (body: object) => app.call('POST', '/chats', { headers: ada.headers, body });
const get = (path: string) => app.call('GET', path, { headers: ada.headers });

describe('POST /chats', () => {
  it('begins a chat, goes on with it, and GET shows all of it', async () => {
    const first = await say({ agent_id: agentId, message: 'Are you open?', thread_id: 'visitor:7' });
    expect(first.status).toBe(200);
    expect(first.body).toMatchObject({ status: 'open', reply: 'Hello!\nFrom nine to five.' });
    expect(first.body.messages.map((one: { role: string }) => one.role)).toEqual(['agent', 'agent']);
    const chat_id = first.body.chat_id as string;
    const second = await say({ chat_id, message: 'Thanks.' });
    expect(second.body.messages.map((one: { seq: number }) => one.seq)).toEqual([5]);
    const detail = await get(`/chats/${chat_id}`);
    expect(detail.body).toMatchObject({ message_count: 5, thread_id: 'visitor:7', agent_name: 'Front desk' });
    expect(detail.body.messages).toHaveLength(5);
    const list = await get('/chats?thread_id=visitor:7&page_size=1');
    expect(list.body).toMatchObject({ total: 1, has_next: false, items: [{ id: chat_id }] });
  });

  it('answers only the first message when nothing is said yet', async () => {
    const answer = await say({ agent_id: agentId });
    expect(answer.body).toMatchObject({ reply: 'Hello!', status: 'open' });
  });

  it.each([{ stream: true }, {}])(
    'streams the answer as server-sent events (%j or by Accept)',
    async (extra) => {
      app.t.ports.chatReply = ({ messages }) =>
        messages.at(-1)?.role === 'tool'
          ? { text: 'Goodbye.' }
          : { text: 'One moment.', tool: 'fly', args: {} };
      const response = await fetch(`${app.url}/chats`, {
        method: 'POST',
        headers: {
          ...ada.headers,
          'content-type': 'application/json',
          ...('stream' in extra ? {} : { accept: 'text/event-stream' }),
        },
        body: JSON.stringify({ agent_id: agentId, message: 'Hello', ...extra }),
      });
      expect(response.headers.get('content-type')).toContain('text/event-stream');
      const events = [...(await response.text()).matchAll(/^event: (\w+)\ndata: (.*)$/gm)].map(
        ([, name, data]) => [name, JSON.parse(data ?? '')],
      );
      expect(events.map(([name]) => name)).toEqual(['chat', 'text', 'text', 'tool', 'text', 'done']);
      expect(events[3]?.[1]).toMatchObject({ name: 'fly', ok: false, arguments: '{}' });
      expect(events.at(-1)?.[1]).toMatchObject({ reply: 'Hello!\nOne moment.\nGoodbye.', status: 'open' });
    },
  );

  it.each([{ stream: true }, {}])('stops the model when whoever asked leaves (%j)', async (extra) => {
    const { chat_id } = (await say({ agent_id: agentId })).body;
    const abort = new AbortController();
    let stopped = false;
    const { chatModel } = app.t.ports;
    const thinking: ChatModel = {
      stream: async function* ({ signal }) {
        yield { type: 'text', text: 'I think' };
        abort.abort();
        await new Promise((resolve) => signal?.addEventListener('abort', resolve));
        stopped = true;
      },
    };
    Object.assign(app.t.ports, { chatModel: thinking });
    try {
      const asked = fetch(`${app.url}/chats`, {
        method: 'POST',
        headers: { ...ada.headers, 'content-type': 'application/json' },
        body: JSON.stringify({ chat_id, message: 'Hello', ...extra }),
        signal: abort.signal,
      });
      await expect(asked.then((response) => response.text())).rejects.toThrow();
      await expect.poll(() => stopped, { timeout: 10_000 }).toBe(true);
    } finally {
      Object.assign(app.t.ports, { chatModel });
    }
  });

  it.each([
    [{}, 'agent_id'],
    [{ chat_id: '0190b4a4-0000-7000-8000-000000000000' }, 'message'],
    [{ chat_id: '0190b4a4-0000-7000-8000-000000000000', message: 'x', thread_id: 'y' }, 'thread_id'],
    [{ agent_id: 'nonsense', message: 'x' }, 'agent_id'],
    [{ agent_id: '0190b4a4-0000-7000-8000-000000000000', message: 'x'.repeat(4_001) }, 'message'],
  ])('%o is refused with 400 that names the field', async (body, path) => {
    const answer = await say(body);
    expect(answer.status).toBe(400);
    expect(JSON.stringify(answer.body)).toContain(path);
  });

  it('answers 404 for agents and chats that are not there', async () => {
    const nobody = '0190b4a4-0000-7000-8000-000000000000';
    expect((await say({ agent_id: nobody, message: 'Hello' })).status).toBe(404);
    expect((await say({ chat_id: nobody, message: 'Hello' })).status).toBe(404);
    expect((await get(`/chats/${nobody}`)).status).toBe(404);
  });

  it('answers 409 when the chat is over, and 429 when messages come too fast', async () => {
    const { chat_id } = (await say({ agent_id: agentId })).body;
    for (let n = 0; n < 20; n++) expect((await say({ chat_id, message: 'Hello' })).status).toBe(200);
    expect((await say({ chat_id, message: 'Hello' })).status).toBe(429);
    const end = () => app.call('POST', `/chats/${chat_id}/end`, { headers: ada.headers });
    expect((await end()).status).toBe(204);
    expect((await end()).status).toBe(409);
    expect((await say({ chat_id, message: 'Hello' })).status).toBe(409);
  });
});
