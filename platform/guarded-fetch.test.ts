import { describe, expect, test } from 'vitest';
import { serve } from '../test/harness/serve.ts';
import { isForbiddenAddress } from './forbidden-address.ts';
import { guardedFetch, guardedStream } from './guarded-fetch.ts';

describe('an address', () => {
  test.each([
    '127.0.0.1',
    '10.1.2.3',
    '172.31.255.255',
    '192.168.1.1',
    '169.254.169.254',
    '100.64.0.1',
    '0.0.0.0',
    '::1',
    '::',
    'fe80::1',
    'fd00::1',
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
    '64:ff9b::7f00:1',
    'not an address',
  ])('%s is forbidden', (address) => {
    expect(isForbiddenAddress(address)).toBe(true);
  });

  test.each(['8.8.8.8', '172.32.0.1', '2606:4700::1111'])('%s is public', (address) => {
    expect(isForbiddenAddress(address)).toBe(false);
  });
});

describe('guarded fetch', () => {
  test('refuses private addresses, also by name and in other spellings', async () => {
    const host = await serve((_request, response) => response.end('secret'));
    const port = host.split(':')[1];
    for (const url of [
      `http://${host}/`,
      `http://localhost:${port}/`,
      `http://2130706433:${port}/`,
      `http://0x7f.1:${port}/`,
      `http://[::ffff:127.0.0.1]:${port}/`,
    ])
      await expect(guardedFetch(url)).rejects.toThrow('private or reserved');
  });

  test('refuses other schemes and URLs with credentials', async () => {
    await expect(guardedFetch('file:///etc/passwd')).rejects.toThrow('Only http');
    await expect(guardedFetch('http://user:secret@example.com/')).rejects.toThrow('credentials');
    await expect(guardedFetch('nonsense')).rejects.toThrow('not valid');
  });

  test('reaches a private host that is allowed, on its port only', async () => {
    const host = await serve((_request, response) => response.end('hello'));
    const response = await guardedFetch(`http://${host}/`, { allow: [host] });
    expect(response).toMatchObject({ status: 200, truncated: false });
    expect(response.body.toString()).toBe('hello');
    await expect(guardedFetch(`http://${host}/`, { allow: ['127.0.0.1:1'] })).rejects.toThrow('private');
  });

  test('checks every redirect, and drops credentials when it leaves the origin', async () => {
    const seen: unknown[] = [];
    const inside = await serve((_request, response) => response.end('secret'));
    const other = await serve((request, response) => {
      seen.push(request.headers.authorization, request.headers['x-house-key']);
      response.end('fine');
    });
    const first = await serve((request, response) => {
      const target = request.url === '/in' ? inside : other;
      response.writeHead(302, { location: `http://${target}/` }).end();
    });
    await expect(guardedFetch(`http://${first}/in`, { allow: [first] })).rejects.toThrow('private');
    const response = await guardedFetch(`http://${first}/out`, {
      allow: [first, other],
      headers: { authorization: 'Bearer secret', 'x-house-key': 'under the mat' },
    });
    expect(response.body.toString()).toBe('fine');
    expect(seen).toEqual([undefined, undefined]);
  });

  test('gives up endless redirects and slow servers', async () => {
    const loop = await serve((_request, response) => response.writeHead(302, { location: '/' }).end());
    await expect(guardedFetch(`http://${loop}/`, { allow: [loop] })).rejects.toThrow('redirects too often');
    const slow = await serve(() => undefined);
    await expect(guardedFetch(`http://${slow}/`, { allow: [slow], timeoutMs: 100 })).rejects.toThrow(
      '100 ms',
    );
  });

  test('reads no more than the limit', async () => {
    const host = await serve((_request, response) => response.end('x'.repeat(100_000)));
    const response = await guardedFetch(`http://${host}/`, { allow: [host], maxBytes: 1_000 });
    expect(response.body.length).toBe(1_000);
    expect(response.truncated).toBe(true);
  });

  test('a name that leads to a metadata service is refused before anything is sent, also after a redirect', async () => {
    const asked: string[] = [];
    const resolve = async (host: string) => {
      asked.push(host);
      return [{ address: host === 'metadata.test' ? '169.254.169.254' : '127.0.0.1', family: 4 }];
    };
    const first = await serve((_request, response) =>
      response.writeHead(302, { location: 'http://metadata.test/latest' }).end(),
    );
    const port = first.split(':')[1];
    await expect(
      guardedFetch(`http://shop.test:${port}/`, { allow: [`shop.test:${port}`], resolve }),
    ).rejects.toThrow('private or reserved');
    expect(asked).toEqual(['shop.test', 'metadata.test']);
  });

  test('a name server that does not answer is given up in time', async () => {
    const resolve = () => new Promise<never>(() => undefined);
    await expect(guardedFetch('http://shop.test/', { resolve, timeoutMs: 50 })).rejects.toThrow('50 ms');
  });

  test('a stream outlives the time that its headers had, and ends with its signal', async () => {
    const host = await serve((_request, response) => {
      response.write('one ');
      setTimeout(() => response.write('two '), 150);
    });
    const abort = new AbortController();
    const { stream } = await guardedStream(`http://${host}/`, {
      allow: [host],
      timeoutMs: 100,
      signal: abort.signal,
    });
    let heard = '';
    await expect(
      (async () => {
        for await (const chunk of stream) {
          heard += chunk;
          if (heard.includes('two')) abort.abort();
        }
      })(),
    ).rejects.toThrow();
    expect(heard).toBe('one two ');
  });
});
