import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { llm } from '@livekit/agents';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createLogger } from '../../platform/log.ts';
import { Knowledge } from './knowledge.ts';

let server: Server;
const asked: { question: string; agentId: string; authorization: string | undefined }[] = [];
let answer: (response: ServerResponse) => void;
let knowledge: Knowledge;
let hasty: Knowledge;

const passage = (text: string) => ({
  ...{ file: 'handbook.md', heading: 'Parking', page: null, passage: text, position: 0, score: 1 },
});
const answerWith =
  (...texts: string[]) =>
  (response: ServerResponse): void => {
    response.end(JSON.stringify({ passages: texts.map(passage) }));
  };

beforeEach(async () => {
  asked.length = 0;
  answer = answerWith('The garage closes at eleven.');
  server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    asked.push({ ...JSON.parse(body), authorization: request.headers.authorization });
    answer(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const secrets = { internalToken: 'token', authSecret: '', encryptionKey: '' };
  const controlPlaneUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const make = (patienceMs: number) =>
    new Knowledge(
      { agent: { id: 'agent-1', versionId: '', name: '' } },
      { controlPlaneUrl, secrets },
      createLogger('test', { level: 'silent' }),
      { patienceMs },
    );
  knowledge = make(10_000);
  hasty = make(40);
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

function conversation(...turns: ['user' | 'assistant', string][]): llm.ChatContext {
  const context = llm.ChatContext.empty();
  context.addMessage({ role: 'system', content: 'You are Rosa.' });
  for (const [role, content] of turns) context.addMessage({ role, content });
  return context;
}
const texts = (context: llm.ChatContext) =>
  context.items.map((item) => (item.type === 'message' ? `${item.role}: ${item.textContent}` : item.type));

test('puts passages before the question, in a copy: they are for one reply', async () => {
  const context = conversation(['assistant', 'Hello.'], ['user', 'When does the garage close?']);
  const before = texts(context);
  const known = await knowledge.addTo(context);
  expect(texts(context)).toEqual(before);
  const [, , added, question] = texts(known);
  expect(added).toMatch(/^system: .*reference material/s);
  expect(added).toContain('[handbook.md: Parking]\nThe garage closes at eleven.');
  expect(question).toBe('user: When does the garage close?');
  expect(asked).toMatchObject([
    { question: 'When does the garage close?', agentId: 'agent-1', authorization: 'Bearer token' },
  ]);
});

test('asks once for a question, however many steps its reply has', async () => {
  const context = conversation(['user', 'When does the garage close?']);
  await knowledge.addTo(context);
  context.insert(new llm.FunctionCall({ callId: '1', name: 'look', args: '{}' }));
  const known = await knowledge.addTo(context);
  expect(known.items.map(({ type }) => type)).toEqual(['message', 'message', 'message', 'function_call']);
  expect(asked).toHaveLength(1);
});

test('a short question takes the one before it along', async () => {
  await knowledge.addTo(
    conversation(
      ['user', 'When does the garage close?'],
      ['assistant', 'At eleven.'],
      ['user', 'And on Sundays?'],
    ),
  );
  expect(asked[0]?.question).toBe('When does the garage close? And on Sundays?');
});

test('what comes late, fails, is nonsense or finds nothing leaves the reply as it would have been', async () => {
  const context = conversation(['user', 'When does the garage close?']);
  let release: () => void = () => undefined;
  answer = (response) => {
    release = () => answerWith('late')(response);
  };
  expect(await hasty.addTo(context)).toBe(context);
  release();
  const troubles: Record<string, typeof answer> = {
    'what if the server has failed': (response) => response.writeHead(500).end(),
    'what if the connection is cut': (response) => response.destroy(),
    'what if it answers nonsense then': (response) => response.end('<html>'),
    'what if there is nothing found': answerWith(),
  };
  for (const [question, respond] of Object.entries(troubles)) {
    answer = respond;
    const other = conversation(['user', question]);
    expect(await knowledge.addTo(other)).toBe(other);
  }
  expect(asked.slice(-4).map(({ question }) => question)).toEqual(Object.keys(troubles));
});

test('before anybody has said anything nothing is asked', async () => {
  const context = conversation(['assistant', 'Hello.']);
  expect(await knowledge.addTo(context)).toBe(context);
  expect(asked).toEqual([]);
});

test('hands over no more than a reply can be made of', async () => {
  answer = answerWith('a'.repeat(2_000), 'b'.repeat(1_400), 'c'.repeat(500));
  const known = await knowledge.addTo(conversation(['user', 'When does the garage close?']));
  const [, added = ''] = texts(known);
  expect(added).toContain('bbb');
  expect(added).not.toContain('ccc');
});
