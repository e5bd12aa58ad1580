import { expect, test } from 'vitest';
import { serve } from '../test/harness/serve.ts';
import { guardedWebFetch } from './guarded-web-fetch.ts';

test('answers like the web’s own fetch, with the headers that are made for a request', async () => {
  const seen: unknown[] = [];
  const host = await serve((request, response) => {
    seen.push(request.headers['x-signed'], request.headers['x-own'], request.method);
    response.writeHead(201, { 'x-answer': 'yes' }).end('{"fine":true}');
  });
  const headersFor = (url: URL, body: string | undefined) => ({ 'x-signed': `${url.pathname} ${body}` });
  const get = guardedWebFetch({ allow: [host], maxBytes: 1_000, headersFor });
  const response = await get(new URL(`http://${host}/path`), {
    ...{ method: 'POST', body: 'hello' },
    headers: new Headers({ 'X-Own': '1' }),
  });
  expect([response.status, response.headers.get('x-answer')]).toEqual([201, 'yes']);
  expect(await response.json()).toEqual({ fine: true });
  expect(seen).toEqual(['/path hello', '1', 'POST']);
});

test('hands redirects back instead of following them, and empty answers without a body', async () => {
  const host = await serve((request, response) => {
    if (request.url === '/empty') response.writeHead(204).end();
    else response.writeHead(302, { location: 'http://169.254.169.254/' }).end();
  });
  const get = guardedWebFetch({ allow: [host], maxBytes: 1_000 });
  expect((await get(`http://${host}/away`)).status).toBe(302);
  expect((await get(`http://${host}/empty`)).body).toBeNull();
});

test('breaks off an answer that is too long, and refuses private addresses', async () => {
  const host = await serve((_request, response) => response.end('x'.repeat(5_000)));
  const response = await guardedWebFetch({ allow: [host], maxBytes: 1_000 })(`http://${host}/`);
  await expect(response.text()).rejects.toThrow();
  await expect(guardedWebFetch({ maxBytes: 1_000 })(`http://${host}/`)).rejects.toThrow(
    'private or reserved',
  );
});

test('hangs up when the reader stops', async () => {
  let gone: () => void = () => undefined;
  const hungUp = new Promise<void>((resolve) => {
    gone = resolve;
  });
  const host = await serve((_request, response) => {
    response.on('close', gone);
    response.write('one');
  });
  const response = await guardedWebFetch({ allow: [host], maxBytes: 1_000 })(`http://${host}/`);
  await response.body?.cancel();
  await hungUp;
});
