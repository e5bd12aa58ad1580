import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { dispose, RoomEvent } from '@livekit/rtc-node';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import type { ChatRequest, Reply } from './rig/mock-providers.ts';
import { Rig } from './rig/rig.ts';

let rig: Rig;
let server: Server;
let base: string;
/** Where nobody listens any more, though it is allowed. */
let down: string;
/** What a function server must not make us ask: private, and not allowed. */
let inner: Server;
let innerBase: string;
const seen: { path: string; headers: IncomingMessage['headers']; body: string }[] = [];

/** Control plane, function server and tool server in one; `/slow` takes its time. */
beforeAll(async () => {
  server = createServer(async (request, response) => {
    const path = request.url ?? '';
    if (path.startsWith('/mcp')) {
      const transport = new StreamableHTTPServerTransport({});
      response.on('close', () => void transport.close());
      await harbor().connect(transport as Parameters<McpServer['connect']>[0]);
      await transport.handleRequest(request, response);
      return;
    }
    let body = '';
    for await (const chunk of request) body += String(chunk);
    seen.push({ path, headers: request.headers, body });
    if (path.startsWith('/slow')) await sleep(1_500);
    if (misbehave(path, response)) return;
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(answerTo(path)));
  });
  base = await listen(server);
  inner = createServer((request, response) => {
    seen.push({ path: `inner ${request.url}`, headers: request.headers, body: '' });
    response.end('{"secret":"of the house"}');
  });
  innerBase = await listen(inner);
  const short = createServer();
  down = await listen(short);
  short.close();
  rig = await Rig.start({ CONTROL_PLANE_URL: base, ALLOWED_PRIVATE_HOSTS: new URL(down).host });
});
afterAll(async () => {
  await rig?.[Symbol.asyncDispose]();
  for (const one of [server, inner]) {
    one?.closeAllConnections();
    one?.close();
  }
  await dispose();
});

async function listen(one: Server): Promise<string> {
  await new Promise<void>((resolve) => one.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(one.address() as AddressInfo).port}`;
}

/** What a function server should not do. */
function misbehave(path: string, response: ServerResponse): boolean {
  switch (path) {
    case '/hangs':
      break;
    case '/broken':
      response.writeHead(500, { 'content-type': 'text/html' }).end('<h1>Oh no</h1>');
      break;
    case '/huge':
      response.end(JSON.stringify({ list: 'x'.repeat(5_000_000) }));
      break;
    case '/moved':
      response.writeHead(302, { location: `${innerBase}/latest/meta-data/` }).end();
      break;
    case '/named':
      response.writeHead(307, { location: innerBase.replace('127.0.0.1', 'localhost') }).end();
      break;
    default:
      return false;
  }
  return true;
}

function answerTo(path: string): unknown {
  if (path.includes('/credentials')) return { credentials: { shop: { kind: 'bearer', token: 'abc' } } };
  if (path.endsWith('/tools')) return { ok: true, words: 'Done: this number will not be called any more.' };
  return { rooms: 3 };
}

function harbor(): McpServer {
  const tools = new McpServer({ name: 'harbor', version: '1' });
  tools.registerTool('tide', { inputSchema: { day: z.string() } }, async ({ day }) => ({
    content: [{ type: 'text', text: `High on ${day} at noon.` }],
  }));
  return tools;
}

/** The model takes these steps one after the other in reply to the first question, then says its last words. */
function steps(list: readonly Reply[], last = 'There you are.') {
  return ({ messages }: ChatRequest): Reply => {
    const results = messages.filter(({ role }) => role === 'tool').length;
    return list[results] ?? { text: last };
  };
}

async function oneQuestion(plan: ReturnType<Rig['plan']>) {
  const caller = await rig.call(plan);
  await caller.hears(0);
  await caller.silence();
  await caller.ask();
  return caller;
}

const returned = (plan: ReturnType<Rig['plan']>) =>
  rig.of(plan).flatMap((event) => (event.type === 'tool.returned' ? [event] : []));

test('functions of every kind work, those that do not are recorded, and the caller gets an answer', async () => {
  const plan = rig.plan({
    builtIns: ['take_note', 'opt_out'],
    functions: [
      {
        name: 'rooms_left',
        url: `${base}/slow`,
        credential: 'shop',
        waitTexts: ['Let me look that up.'],
        interruptible: false,
      },
    ],
    mcpServers: [
      { name: 'harbor', url: `${base}/mcp` },
      { name: 'nowhere', url: 'http://127.0.0.1:1/mcp' },
    ],
  });
  rig.providers.answer = steps([
    { tool: 'rooms_left', args: { nights: 2 } },
    { tool: 'tide', args: { day: 'Monday' } },
    { tool: 'fly', args: {} },
    { tool: 'take_note', args: 'certainly' },
    { tool: 'take_note', args: { text: 'Wants a room.' } },
    { tool: 'opt_out', args: { reason: 'no calls' } },
  ]);
  const caller = await oneQuestion(plan);
  await rig.event(plan, 'agent.turn', ({ text }) => text === 'There you are.', 40_000);
  await caller.leave();
  await rig.event(plan, 'ended');

  expect(returned(plan).map(({ name, ok }) => [name, ok])).toEqual([
    ['rooms_left', true],
    ['tide', true],
    ['fly', false],
    ['take_note', false],
    ['take_note', true],
    ['opt_out', true],
  ]);
  const [rooms, tide] = returned(plan);
  expect(rooms).toMatchObject({ result: { rooms: 3 }, status: 200 });
  expect(rooms?.durationMs).toBeGreaterThanOrEqual(1_400);
  expect(tide?.result).toBe('High on Monday at noon.');
  expect(seen.find(({ path }) => path === '/slow')?.headers.authorization).toBe('Bearer abc');
  expect(rig.of(plan)).toContainEqual(
    expect.objectContaining({ type: 'agent.turn', source: 'say', text: 'Let me look that up.' }),
  );
  expect(rig.of(plan)).toContainEqual(
    expect.objectContaining({ type: 'note.taken', fields: { text: 'Wants a room.' } }),
  );
  expect(rig.of(plan)).toContainEqual(
    expect.objectContaining({ type: 'error', source: 'tool', provider: 'nowhere', recoverable: true }),
  );
  const asked = seen.find(({ path }) => path === `/internal/calls/${plan.callId}/tools`);
  expect(JSON.parse(asked?.body ?? '')).toMatchObject({ name: 'opt_out', epoch: 1, personNumber: null });
});

test('a function server that hangs, breaks, sends too much, is gone or leads elsewhere is told of in words, and the call goes on', async () => {
  const plan = rig.plan({
    functions: [
      { name: 'hangs', url: `${base}/hangs`, timeoutMs: 700 },
      { name: 'broken', url: `${base}/broken` },
      { name: 'huge', url: `${base}/huge`, maxResultBytes: 1_000 },
      { name: 'gone', url: down },
      { name: 'moved', url: `${base}/moved` },
      { name: 'named', url: `${base}/named` },
      { name: 'works', url: `${base}/works` },
    ],
  });
  const names = ['hangs', 'broken', 'huge', 'gone', 'moved', 'named', 'works'];
  rig.providers.answer = steps(names.map((tool) => ({ tool, args: {} })));
  const caller = await oneQuestion(plan);
  await rig.event(plan, 'agent.turn', ({ text }) => text === 'There you are.', 60_000);
  await caller.leave();
  await rig.event(plan, 'ended');

  const results = new Map(returned(plan).map((event) => [event.name, event]));
  expect([...results.keys()]).toEqual(names);
  const told = (name: string) => [results.get(name)?.ok, String(results.get(name)?.result)];
  expect(told('hangs')).toEqual([false, 'The server did not answer within 700 ms.']);
  expect(told('broken')).toEqual([false, 'The function answered with status 500: <h1>Oh no</h1>']);
  expect(told('huge')[0]).toBe(true);
  expect(told('huge')[1]?.toString().length).toBeLessThan(1_200);
  expect(told('gone')).toEqual([false, 'The server could not be reached (ECONNREFUSED).']);
  const refused = 'The URL leads to a private or reserved address, which is not allowed.';
  expect([told('moved'), told('named')]).toEqual([
    [false, refused],
    [false, refused],
  ]);
  expect(results.get('works')).toMatchObject({ ok: true, result: { rooms: 3 } });
  expect(seen.filter(({ path }) => path.startsWith('inner'))).toEqual([]);
});

test('a model that calls functions for ever is stopped, and the caller hears a sentence', async () => {
  const plan = rig.plan({ builtIns: ['take_note'] });
  const before = rig.providers.chats.length;
  rig.providers.answer = () => ({ tool: 'take_note', args: { text: 'again' } });
  const caller = await oneQuestion(plan);
  await rig.event(plan, 'error', ({ message }) => message.includes('again and again'), 40_000);
  const apology = await rig.event(plan, 'agent.turn', ({ text }) => text.startsWith('Sorry'));
  expect(apology.text).toBe('Sorry, that took me too long. Could you say that again?');
  expect(rig.providers.chats.length - before).toBeLessThan(12);
  await caller.leave();
  await rig.event(plan, 'ended');
});

test('keys of the caller become a number, and keys of the agent reach the other side', async () => {
  const plan = rig.plan(
    { builtIns: ['collect_digits', 'send_dtmf'] },
    { channel: 'phone', direction: 'outbound', toNumber: '+14155559876' },
  );
  rig.providers.answer = steps([
    { text: 'Please type your number.', tool: 'collect_digits', args: { length: 4 } },
    { tool: 'send_dtmf', args: { digits: '12,#' } },
  ]);
  const caller = await rig.call(plan);
  const pressed: string[] = [];
  caller.room.on(RoomEvent.DtmfReceived, (_code, digit) => void pressed.push(digit));
  await caller.hears(0);
  await caller.silence();
  await caller.ask();
  await rig.event(plan, 'tool.called', ({ name }) => name === 'collect_digits');
  for (const [code, digit] of ['4', '0', '7', '1'].entries())
    await caller.room.localParticipant?.publishDtmf(code, digit);
  await rig.event(plan, 'agent.turn', ({ text }) => text === 'There you are.', 40_000);
  expect(returned(plan)).toMatchObject([
    { name: 'collect_digits', ok: true, result: { digits: '4071', ended: 'complete' } },
    { name: 'send_dtmf', ok: true },
  ]);
  expect(pressed).toEqual(['1', '2', '#']);
  await caller.leave();
  await rig.event(plan, 'ended');
});
