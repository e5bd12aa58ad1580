import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dispose } from '@livekit/rtc-node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Rig } from './rig/rig.ts';

interface Asked {
  readonly messages: readonly { readonly role: string; readonly content?: string }[];
  readonly tools?: readonly { readonly function: { readonly name: string } }[];
}

let rig: Rig;
let server: Server;
let base: string;
const asked: { path: string; body: Asked; signature: string }[] = [];

const chunk = (delta: object) => `data: ${JSON.stringify({ choices: [{ delta }] })}\n\n`;
const say = (text: string) =>
  `${(text.match(/\S+\s*/g) ?? []).map((content) => chunk({ content })).join('')}data: [DONE]\n\n`;

/** Answers by path; and stands for the control plane, which knows the signing key. */
function answer(path: string, body: Asked, response: ServerResponse): void {
  const questions = body.messages.filter(({ role }) => role === 'user').length;
  const earlier = asked.filter((one) => one.path === path).length;
  if (path === '/good') response.end(say(`You asked ${questions} times.`));
  else if (path === '/slow') setTimeout(() => response.end(say('At last I know it.')), 2_500);
  else if (path === '/once')
    response.writeHead(earlier === 1 ? 500 : 200).end(say('The second time is better.'));
  else if (path === '/down') response.writeHead(500).end();
  else if (path === '/garbage') response.end('data: {"choi\n\n<html></html>\n\n');
  else if (path === '/breaks' && earlier === 1) {
    response.write(say('This is where I').replace('data: [DONE]\n\n', ''));
    setTimeout(() => response.destroy(), 100);
  } else if (path === '/breaks') response.end(say('This is where I stopped, and here I go on.'));
  else if (path === '/ends')
    response.end(
      chunk({ tool_calls: [{ index: 0, id: 'a', function: { name: 'end_call', arguments: '{}' } }] }),
    );
}

beforeAll(async () => {
  server = createServer(async (request, response) => {
    let text = '';
    for await (const part of request) text += part;
    if (request.url?.includes('/credentials')) {
      response.end(
        JSON.stringify({ credentials: { key: { kind: 'hmac', key: 'k', header: 'x-trunkline-signature' } } }),
      );
      return;
    }
    const path = request.url ?? '';
    const body = JSON.parse(text || '{}') as Asked;
    asked.push({ path, body, signature: String(request.headers['x-trunkline-signature']) });
    answer(path, body, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  rig = await Rig.start({ CONTROL_PLANE_URL: base, LOG_LEVEL: 'error' });
});
afterAll(async () => {
  await rig?.[Symbol.asyncDispose]();
  server.closeAllConnections();
  server.close();
  await dispose();
});

const fallbackText = 'My book is closed at the moment.';

async function callTo(path: string) {
  const plan = rig.plan({
    brain: { kind: 'webhook', url: base + path, credential: 'key', timeoutMs: 3_000, fallbackText },
    firstMessage: 'Harbour office, hello.',
  });
  const caller = await rig.call(plan);
  await caller.hears(0);
  await caller.silence();
  return { plan, caller };
}

describe.concurrent('an agent whose words come from a webhook', () => {
  test('says them, and sends the whole conversation, signed', async () => {
    const { plan, caller } = await callTo('/good');
    const answer = async () => {
      const since = (await caller.ask()) - 200;
      const isAnswer = /You asked (\d+) times\.$/;
      const said = await rig.event(
        plan,
        'agent.turn',
        ({ startedAt, text }) => startedAt > since && isAnswer.test(text),
      );
      await caller.silence();
      return Number(isAnswer.exec(said.text)?.[1]);
    };
    const once = await answer();
    const twice = await answer();
    expect(twice).toBeGreaterThan(once);
    const [last] = asked.filter(({ path }) => path === '/good').slice(-1);
    const messages = last?.body.messages ?? [];
    // A question that a busy machine took for two is two; everything that was said stands there in any case, in its
    // order.
    expect(messages.map(({ role }) => role).join(' ')).toMatch(
      /^system assistant user (user )*assistant (user |assistant )*user$/,
    );
    expect(messages.filter(({ role }) => role === 'user')).toHaveLength(twice);
    const spoken = messages.map(({ content }) => content).join('\n');
    expect(spoken).toContain('Harbour office, hello.');
    expect(spoken).toContain(`You asked ${once} times.`);
    expect(last?.body.tools?.map((tool) => tool.function.name)).toContain('end_call');
    expect(last?.signature).toMatch(/^t=\d+,v1=[0-9a-f]{64}$/);
    // The language model of the house was not asked.
    expect(rig.providers.chats).toEqual([]);
    await caller.leave();
  });

  test('that is slow: the caller is told to wait', async () => {
    const { plan, caller } = await callTo('/slow');
    await caller.ask();
    await rig.event(plan, 'agent.turn', ({ text }) => text === 'One moment, please. At last I know it.');
    await caller.leave();
  });

  test('that fails once: it is asked once more', async () => {
    const { plan, caller } = await callTo('/once');
    await caller.ask();
    await rig.event(plan, 'agent.turn', ({ text }) => text.endsWith('The second time is better.'));
    const error = await rig.event(plan, 'error', ({ source }) => source === 'llm');
    expect(error).toMatchObject({ provider: 'webhook', message: 'The webhook answered with status 500.' });
    await caller.leave();
  });

  test.each(['/down', '/garbage'])('%s: the fallback is said, and the call goes on', async (path) => {
    const { plan, caller } = await callTo(path);
    await caller.ask();
    await rig.event(plan, 'agent.turn', ({ text }) => text.endsWith(fallbackText));
    // Twice for each reply, and a reply may be begun ahead of the end of the turn and again after it.
    expect(asked.filter((one) => one.path === path).length).toBeGreaterThanOrEqual(2);
    expect(rig.of(plan).some(({ type }) => type === 'ended')).toBe(false);
    await caller.leave();
    expect((await rig.event(plan, 'ended')).reason).toBe('caller_hung_up');
  });

  test('that breaks off in the middle: the reply is taken up where it stopped', async () => {
    const { plan, caller } = await callTo('/breaks');
    await caller.ask();
    await rig.event(plan, 'agent.turn', ({ text }) => text === 'This is where I stopped, and here I go on.');
    await caller.leave();
  });

  test('may call functions: the call ends when it says so', async () => {
    const { plan, caller } = await callTo('/ends');
    await caller.ask();
    await rig.event(plan, 'tool.called', ({ name }) => name === 'end_call');
    expect((await rig.event(plan, 'ended')).reason).toBe('agent_hung_up');
  });
});
