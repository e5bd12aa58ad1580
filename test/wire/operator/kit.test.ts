import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TestApp, testApp } from '../../harness/app.ts';

let app: TestApp;
beforeAll(async () => {
  app = await testApp();
});
afterAll(() => app[Symbol.asyncDispose]());

const envelope = { detail: expect.any(String), errors: expect.any(Array) };

describe('the error boundary of the operator surface', () => {
  it('answers an unknown address with 404 in its envelope', async () => {
    const answer = await app.call('GET', '/no/such/thing');
    expect(answer.status).toBe(404);
    expect(answer.body).toEqual({ ...envelope, errors: [] });
  });

  it('answers a wrong method with 405 and says which are right', async () => {
    const answer = await app.call('PATCH', '/auth/login');
    expect(answer.status).toBe(405);
    expect(answer.headers.get('allow')).toBe('POST');
    expect(answer.body).toEqual({ ...envelope, errors: [] });
  });

  it('answers an address that is none with 400, and the names that every object has with 404', async () => {
    const socket = connect(Number(new URL(app.url).port), '127.0.0.1');
    socket.write('GET http://[::x/agents HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    const answer = await text(socket);
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer).toContain('{"detail":"The address cannot be read.","errors":[]}');
    for (const name of ['constructor', 'toString', '__proto__'])
      expect((await app.call('GET', `/docs/${name}`)).status).toBe(404);
  });

  it('does not take a named address for an id of another one', async () => {
    const answer = await app.call('PATCH', '/calls/export');
    expect(answer.status).toBe(405);
    expect(answer.headers.get('allow')?.split(', ').sort()).toEqual(['GET', 'HEAD']);
  });

  it.each([
    ['not JSON', '{"email": '],
    ['a bare word', 'hello'],
    ['broken UTF-8', new Uint8Array([0x22, 0xff, 0xfe, 0x22])],
  ])('answers %s with 400', async (_what, body) => {
    const answer = await app.call('POST', '/auth/login', { body });
    expect(answer.status).toBe(400);
    expect(answer.body).toEqual(envelope);
  });

  it.each([
    ['an array', []],
    ['a number', 7],
    ['null', null],
    ['a NUL in a text', { email: 'a\u0000@b.test', password: 'x' }],
    ['half a surrogate pair', { email: 'a@b.test', password: '\ud800' }],
  ])('answers %s as a body with 400 and a field', async (_what, body) => {
    const answer = await app.call('POST', '/auth/login', { body });
    expect(answer.status).toBe(400);
    expect(answer.body.errors.length).toBeGreaterThan(0);
  });

  it('answers nesting that would overflow with 400', async () => {
    const body = `${'{"a":'.repeat(5_000)}1${'}'.repeat(5_000)}`;
    expect((await app.call('POST', '/auth/login', { body })).status).toBe(400);
  });

  it('names every wrong field at once', async () => {
    const answer = await app.call('POST', '/auth/login', { body: {} });
    expect(answer.status).toBe(400);
    expect(answer.body.errors.map((error: { field: string }) => error.field).sort()).toEqual([
      'email',
      'password',
    ]);
  });

  it('answers a missing body with 400', async () => {
    expect((await app.call('POST', '/auth/login')).status).toBe(400);
  });

  it('answers a body over the limit with 413', async () => {
    const answer = await app.call('POST', '/auth/login', { body: `"${'a'.repeat(1_100_000)}"` });
    expect(answer.status).toBe(413);
    expect(answer.body).toEqual({ ...envelope, errors: [] });
  });

  it.each([
    ['a form', { 'content-type': 'application/x-www-form-urlencoded' }],
    ['text', { 'content-type': 'text/plain' }],
    ['compressed JSON', { 'content-type': 'application/json', 'content-encoding': 'gzip' }],
  ])('answers %s with 415', async (_what, headers) => {
    const answer = await app.call('POST', '/auth/login', { body: '{}', headers });
    expect(answer.status).toBe(415);
    expect(answer.body).toEqual({ ...envelope, errors: [] });
  });

  it('answers a path that is not valid percent-encoding without a fault of ours', async () => {
    expect((await app.call('GET', '/agents/%E0%A4%A')).status).toBeLessThan(500);
  });
});

describe('every answer', () => {
  it('carries the caller’s request id, or one of ours when theirs is not fit to log', async () => {
    const given = await app.call('GET', '/health', { headers: { 'x-request-id': 'trace-1' } });
    expect(given.headers.get('x-request-id')).toBe('trace-1');
    const unfit = await app.call('GET', '/health', { headers: { 'x-request-id': 'a b{}' } });
    expect(unfit.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('carries a content policy without inline scripts, and no sniffing', async () => {
    const { headers } = await app.call('GET', '/');
    expect(headers.get('content-security-policy')).toContain("script-src 'self'");
    expect(headers.get('content-security-policy')).toContain('ws://livekit.test');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
  });

  it('may be read by other origins with a key, never with a cookie', async () => {
    const { headers } = await app.call('OPTIONS', '/calls', {
      headers: { origin: 'https://elsewhere.test', 'access-control-request-method': 'GET' },
    });
    expect(headers.get('access-control-allow-origin')).toBe('*');
    expect(headers.get('access-control-allow-credentials')).toBeNull();
  });
});

describe('rate limits', () => {
  it('stop a flood of sign-ins with 429 and say when to come back', async () => {
    await using limited = await testApp({ rateLimits: true });
    const statuses = await Promise.all(
      Array.from({ length: 35 }, async (_, index) => {
        const body = { email: `nobody-${index}@harbor.test` };
        return (await limited.call('POST', '/auth/login', { body })).status;
      }),
    );
    const body = { email: 'nobody@harbor.test' };
    expect(statuses.filter((status) => status === 429)).toHaveLength(5);
    const refused = await limited.call('POST', '/auth/login', { body });
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(refused.body).toEqual({ ...envelope, errors: [] });
  });
});
