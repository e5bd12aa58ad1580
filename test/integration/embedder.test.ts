import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { OpenAiEmbedder, openEmbedder } from '../../adapters/embedder.ts';
import { readEnv } from '../../platform/config.ts';
import { createLogger } from '../../platform/log.ts';

const log = createLogger('test', { level: 'silent' });
const asked: {
  path: string | undefined;
  key: string | undefined;
  body: { input: string[]; dimensions?: number };
}[] = [];
let answer: (input: string[], response: ServerResponse) => void;
const server = createServer(async (request, response) => {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  const body = JSON.parse(text);
  asked.push({ path: request.url, key: request.headers.authorization, body });
  answer(body.input, response);
});
let baseUrl: string;
beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
beforeEach(() => {
  asked.length = 0;
  // Out of order, as the protocol allows.
  answer = (input, response) => {
    const data = input.map((word, index) => ({ index, embedding: [3, word.length] })).reverse();
    response.end(JSON.stringify({ data }));
  };
});
const make = (model: string) => new OpenAiEmbedder({ baseUrl, apiKey: 'secret', model, log });

test('vectors come in the order of the texts, of length 1, in requests of bounded size', async () => {
  const vectors = await make('nomic').embed(['four', ...Array(100).fill('x')], { timeoutMs: 5_000 });
  expect(vectors).toHaveLength(101);
  expect(vectors[0]).toEqual([0.6, 0.8]);
  expect(asked.map(({ body }) => body.input.length)).toEqual([96, 5]);
  expect(asked[0]).toMatchObject({ path: '/v1/embeddings', key: 'Bearer secret' });
});

test('a question that was asked before costs no request', async () => {
  const embedder = make('nomic');
  const first = await embedder.embed(['when?'], { timeoutMs: 5_000 });
  expect(await embedder.embed(['when?'], { timeoutMs: 5_000 })).toEqual(first);
  expect(asked).toHaveLength(1);
});

test('a provider that fails, hangs or answers nonsense is left alone for a while', async () => {
  for (const trouble of [
    (_: string[], response: ServerResponse) => void response.writeHead(500).end(),
    () => undefined,
    (_: string[], response: ServerResponse) => void response.end('{"data":[]}'),
    (_: string[], response: ServerResponse) => void response.end('<html>'),
  ]) {
    answer = trouble;
    asked.length = 0;
    const embedder = make('nomic');
    await expect(embedder.embed(['one'], { timeoutMs: 300 })).rejects.toThrow();
    await expect(embedder.embed(['two'], { timeoutMs: 300 })).rejects.toThrow(/a moment ago/);
    expect(asked).toHaveLength(1);
  }
});

test('which settings make a provider of embeddings', () => {
  const open = (env: Record<string, string>) => openEmbedder(readEnv(env), log)?.model ?? null;
  expect(open({})).toBeNull();
  expect(open({ OPENAI_API_KEY: 'k' })).toBe('text-embedding-3-small@512');
  expect(open({ OPENAI_BASE_URL: 'http://ollama.test/v1' })).toBeNull();
  expect(open({ OPENAI_API_KEY: 'k', OPENAI_BASE_URL: 'http://vllm.test/v1' })).toBeNull();
  expect(open({ OPENAI_BASE_URL: 'http://ollama.test/v1', OPENAI_EMBEDDING_MODEL: 'nomic' })).toBe('nomic');
  expect(open({ OPENAI_EMBEDDING_MODEL: 'nomic' })).toBeNull();
});
