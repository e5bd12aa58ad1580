import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { closeServer, listen, openServer } from './listen.ts';

async function served(handle: RequestListener, options?: Parameters<typeof openServer>[1]) {
  const server = openServer(handle, options);
  const port = await listen(server, { HOST: '127.0.0.1', PORT: 0 });
  const client = connect(port, '127.0.0.1');
  client.on('error', () => undefined);
  await once(client, 'connect');
  return {
    server,
    client,
    [Symbol.asyncDispose]: async () => {
      client.destroy();
      await closeServer(server, { graceMs: 0 });
    },
  };
}

const head = (length: number) => `PUT / HTTP/1.1\r\nHost: here\r\nContent-Length: ${length}\r\n\r\n`;

test('a request has no time by which it must be there as a whole, and its head has', async () => {
  await using s = await served((_request, response) => response.end());
  expect(s.server.requestTimeout).toBe(0);
  expect(s.server.headersTimeout).toBe(60_000);
});

test('a body that comes slowly is read to its end', async () => {
  await using s = await served(
    async (request, response) => {
      let text = '';
      for await (const chunk of request) text += chunk;
      response.end(text);
    },
    { bodyIdleMs: 500 },
  );
  s.client.write(head(40));
  const feeding = setInterval(() => s.client.write('x'), 20);
  const answer = await once(s.client, 'data');
  clearInterval(feeding);
  expect(String(answer[0])).toContain('x'.repeat(40));
});

test('a body that we are slow to read is not called late', async () => {
  let read = () => {};
  await using s = await served(
    (request, response) => {
      read = () => request.resume().once('end', () => response.end('read'));
    },
    { bodyIdleMs: 100 },
  );
  s.client.write(`${head(40)}${'x'.repeat(20)}`);
  await sleep(500);
  s.client.write('x'.repeat(20));
  read();
  expect(String((await once(s.client, 'data'))[0])).toContain('read');
});

test('a body that stops coming ends its request, and one that is there does not', async () => {
  const complete: boolean[] = [];
  await using stuck = await served(
    (request) => request.resume().once('close', () => complete.push(request.complete)),
    { bodyIdleMs: 20 },
  );
  stuck.client.write(`${head(40)}xxx`);
  await once(stuck.client, 'close');
  expect(complete).toEqual([false]);

  await using slow = await served(
    (request, response) => request.resume().once('end', () => setTimeout(() => response.end('late'), 100)),
    { bodyIdleMs: 20 },
  );
  slow.client.write(`${head(3)}xxx`);
  const answer = await once(slow.client, 'data');
  expect(String(answer[0])).toContain('200 OK');
});
