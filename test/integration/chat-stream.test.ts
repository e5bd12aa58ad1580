import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from 'vitest';
import { chatStream } from '../../adapters/chat-stream.ts';
import type { ModelDelta } from '../../core/ports.ts';

type Play = (response: ServerResponse, count: number) => void;

async function modelThat(play: Play) {
  const bodies: Record<string, unknown>[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    if (request.url === '/v1/models') return void response.end('{"data":[{"id":"listed"}]}');
    bodies.push(JSON.parse(body));
    play(response, bodies.length);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    bodies,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

async function ask(env: Parameters<typeof chatStream>[0], more: object = {}): Promise<ModelDelta[]> {
  const deltas: ModelDelta[] = [];
  const request = {
    model: 'default',
    messages: [{ role: 'user', content: 'Hello' }] as const,
    tools: [],
    temperature: 0.5,
    maxTokens: 100,
    timeoutMs: 2_000,
    ...more,
  };
  for await (const delta of chatStream(env).stream(request)) deltas.push(delta);
  return deltas;
}

const delta = (value: object) => `data: ${JSON.stringify({ choices: [{ delta: value }] })}\n\n`;
const parts = (...calls: object[]) => delta({ tool_calls: calls });

describe('a chat model over the wire', () => {
  test('streams words, and puts function calls together from their pieces', async () => {
    await using model = await modelThat((response) => {
      response.write(delta({ role: 'assistant', content: '' }) + delta({ content: 'One ' }).slice(0, 20));
      response.write(delta({ content: 'One ' }).slice(20) + delta({ content: 'moment.' }));
      response.write(parts({ index: 0, id: 'a', function: { name: 'look', arguments: '{"item"' } }));
      response.write(parts({ index: 1, id: 'b', function: { name: 'note', arguments: '{}' } }));
      response.write(parts({ index: 0, function: { arguments: ':"rope"}' } }));
      response.end('data: [DONE]\n\n');
    });
    expect(await ask({ OPENAI_BASE_URL: `${model.url}/v1` })).toEqual([
      { type: 'text', text: 'One ' },
      { type: 'text', text: 'moment.' },
      { type: 'tool_call', id: 'a', name: 'look', arguments: '{"item":"rope"}' },
      { type: 'tool_call', id: 'b', name: 'note', arguments: '{}' },
    ]);
    expect(model.bodies[0]).toMatchObject({ model: 'listed', stream: true, max_tokens: 100 });
    expect(model.bodies[0]).not.toHaveProperty('tools');
  });

  test('is the scripted one of the gateway where no real one is configured', async () => {
    await using model = await modelThat((response) => response.end(delta({ content: 'Hi' })));
    await ask({ SPEECH_URL: model.url }, { model: 'scripted/receptionist' });
    await ask({ SPEECH_URL: model.url }, { model: 'gpt-4o' });
    expect(model.bodies.map((body) => body.model)).toEqual(['scripted/receptionist', 'scripted/assistant']);
  });

  test('that is busy is asked once more before its first word', async () => {
    await using model = await modelThat((response, count) =>
      count === 1 ? response.writeHead(503).end('{}') : response.end(delta({ content: 'Hi' })),
    );
    expect(await ask({ OPENAI_BASE_URL: `${model.url}/v1` })).toEqual([{ type: 'text', text: 'Hi' }]);
  });

  test.each<[string, Play, string]>([
    ['refuses', (r) => r.writeHead(401).end('{"error":{"message":"Bad key."}}'), 'answered 401: Bad key.'],
    ['stalls', (r) => void r.write(delta({ content: 'One ' })), 'did not answer within 300 ms'],
    ['talks nonsense', (r) => void r.end('data: <html>\n\n'), 'no chat completion'],
    [
      'breaks off',
      (r) => void r.write(delta({ content: 'One ' }), () => r.destroy()),
      'could not be reached',
    ],
    ['reports an error', (r) => void r.end('data: {"error":{"message":"x"}}\n\n'), 'broke off with an error'],
  ])('that %s is told in words', async (_what, play, words) => {
    await using model = await modelThat(play);
    await expect(ask({ OPENAI_BASE_URL: `${model.url}/v1` }, { timeoutMs: 300 })).rejects.toThrow(words);
  });
});
