import type { IncomingMessage, RequestListener } from 'node:http';
import { expect, test } from 'vitest';
import { hmacSha256 } from '../../platform/crypto.ts';
import { serve } from '../../test/harness/serve.ts';
import { webhookBrain } from '../agents/definition.ts';
import type { Secret } from '../credentials/secret.ts';
import type { ModelDelta } from '../ports.ts';
import { askWebhook, webhookRequest } from './webhook.ts';

const textOf = async (request: IncomingMessage): Promise<string> => {
  let text = '';
  for await (const chunk of request) text += chunk;
  return text;
};

const key: Secret = { kind: 'hmac', key: 'harbour light', header: 'x-trunkline-signature' };
const messages = [
  { role: 'system', content: 'You are the harbour master.' },
  { role: 'user', content: 'When is high tide?' },
] as const;

async function ask(
  host: string,
  {
    secret = key as Secret | null,
    allow = [host],
    ...brain
  }: { secret?: Secret | null; allow?: string[]; timeoutMs?: number } = {},
): Promise<ModelDelta[]> {
  const deltas: ModelDelta[] = [];
  const settings = webhookBrain.parse({
    kind: 'webhook',
    url: `http://${host}/voice`,
    credential: 'tide',
    ...brain,
  });
  const context = { headers: { 'x-trunkline-call': '7' }, allowHosts: allow, credential: async () => secret };
  for await (const delta of askWebhook(settings, { messages, tools: [] }, context)) deltas.push(delta);
  return deltas;
}

const chunk = (delta: object) => `data: ${JSON.stringify({ choices: [{ delta }] })}\n\n`;

test('the conversation goes out as a signed, streaming chat completion, and the words come back', async () => {
  let seen: { text: string; headers: IncomingMessage['headers'] } | undefined;
  const host = await serve(async (request, response) => {
    seen = { text: await textOf(request), headers: request.headers };
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(chunk({ content: 'At ' }));
    response.end(`${chunk({ content: 'noon.' })}data: [DONE]\n\n`);
  });
  expect(await ask(host)).toEqual([
    { type: 'text', text: 'At ' },
    { type: 'text', text: 'noon.' },
  ]);
  expect(JSON.parse(seen?.text ?? '')).toEqual({ model: 'custom', messages, stream: true });
  expect(seen?.headers).toMatchObject({ 'content-type': 'application/json', 'x-trunkline-call': '7' });
  const [, seconds, signature] =
    /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(seen?.headers['x-trunkline-signature'])) ?? [];
  expect(signature).toBe(hmacSha256('harbour light', `${seconds}.${seen?.text}`));
  expect(Math.abs(Number(seconds) * 1_000 - Date.now())).toBeLessThan(60_000);
});

test('functions are offered, and called in pieces', async () => {
  const tools = [
    { name: 'tide', description: 'Tells the tide', parameters: { properties: { day: { type: 'string' } } } },
  ];
  const { body } = webhookRequest({ messages, tools }, { headers: {} }, null);
  expect(JSON.parse(body).tools).toEqual([
    { type: 'function', function: { ...tools[0], parameters: { type: 'object', ...tools[0]?.parameters } } },
  ]);
  const part = (args: string, more = {}) =>
    chunk({ tool_calls: [{ index: 0, function: { arguments: args, ...more } }] });
  const host = await serve((_request, response) =>
    response.end(`${part('{"day":', { name: 'tide' })}${part('"Monday"}')}data: [DONE]\n\n`),
  );
  expect(await ask(host)).toEqual([
    { type: 'tool_call', id: 'call_0', name: 'tide', arguments: '{"day":"Monday"}' },
  ]);
});

test.each([
  ['answers with an error', (_: IncomingMessage, response) => response.writeHead(500).end(), 'status 500'],
  ['is silent', () => undefined, 'silent for 500 ms'],
  [
    'stops in the middle',
    (_: IncomingMessage, response) => response.writeHead(200).write(chunk({ content: 'At ' })),
    'silent for 500 ms',
  ],
  [
    'answers a page',
    (_: IncomingMessage, response) => response.end('<html>welcome</html>'),
    'single message',
  ],
  [
    'answers nonsense',
    (_: IncomingMessage, response) => response.end('data: {"choi\n\n'),
    'no chat completion',
  ],
  ['hangs up', (_: IncomingMessage, response) => response.destroy(), 'could not be reached'],
] satisfies [string, RequestListener, string][])(
  'a server that %s is said so',
  async (_what, handle, words) => {
    const host = await serve(handle);
    await expect(ask(host, { timeoutMs: 500 })).rejects.toThrow(words);
  },
);

test('a private server is refused unless it is allowed, and nothing is sent without the credential', async () => {
  const seen: string[] = [];
  const host = await serve((request, response) => {
    seen.push(request.url ?? '');
    response.end();
  });
  await expect(ask(host, { allow: [] })).rejects.toThrow('private or reserved');
  await expect(ask(host, { secret: null })).rejects.toThrow('credential "tide" is missing');
  expect(seen).toEqual([]);
});
