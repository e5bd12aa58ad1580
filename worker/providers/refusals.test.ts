import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { watchRefusedSockets, wordsOfRefusal } from './refusals.ts';

const answers: Readonly<Record<string, string>> = {
  '/deepgram': json(401, { err_code: 'INVALID_AUTH', err_msg: 'Invalid credentials.', request_id: 'r' }),
  '/elevenlabs': json(403, { detail: { status: 'quota_exceeded', message: 'You have 3 credits left.' } }),
  '/openai': json(404, { error: { message: 'The model does not exist', code: 'model_not_found' } }),
  '/chunked':
    'HTTP/1.1 402 Payment Required\r\ntransfer-encoding: chunked\r\n\r\n13\r\n{"message":"Pay up"}\r\n0\r\n\r\n',
  '/plain': 'HTTP/1.1 410 Gone\r\ncontent-length: 9\r\n\r\nNot here.',
  '/page': 'HTTP/1.1 405 Method Not Allowed\r\ncontent-length: 13\r\n\r\n<html></html>',
};

function json(status: number, body: unknown): string {
  const text = JSON.stringify(body);
  return `HTTP/1.1 ${status} No\r\ncontent-type: application/json\r\ncontent-length: ${text.length}\r\n\r\n${text}`;
}

const server = createServer();
server.on('upgrade', (request, socket) => socket.end(answers[request.url ?? '']));
beforeAll(() => {
  watchRefusedSockets();
  watchRefusedSockets();
  return new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(() => new Promise((resolve) => server.close(resolve)));

const refused = (path: string) => {
  const socket = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}${path}`);
  return new Promise<string>((resolve) => socket.once('error', ({ message }) => resolve(message)));
};
const isHere = (host: string) => host === '127.0.0.1';

test.each([
  ['/deepgram', 401, 'Invalid credentials.'],
  ['/elevenlabs', 403, 'You have 3 credits left.'],
  ['/openai', 404, 'The model does not exist'],
  ['/chunked', 402, 'Pay up'],
  ['/plain', 410, 'Not here.'],
  ['/page', 405, undefined],
])('what a server writes when it refuses a socket is kept: %s', async (path, status, words) => {
  expect(await refused(path)).toContain(String(status));
  expect(wordsOfRefusal(isHere, status)).toBe(words);
  expect(wordsOfRefusal(() => false, status)).toBeUndefined();
});
