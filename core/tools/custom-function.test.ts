import { createHmac } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import type { z } from 'zod';
import { customFunction } from '../agents/definition.ts';
import type { Secret } from '../credentials/secret.ts';
import { argumentCheck } from './argument-check.ts';
import { customFunctionTool, type FunctionContext } from './custom-function.ts';
import { ToolError } from './tool.ts';

interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function serve(answer: (response: ServerResponse, seen: Seen, count: number) => unknown) {
  const seen: Seen[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const one = { method: request.method ?? '', url: request.url ?? '', headers: request.headers, body };
    seen.push(one);
    await answer(response, one, seen.length);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { host, url: `http://${host}/stock?shop=1`, seen };
}

function run(
  definition: Partial<z.input<typeof customFunction>> & { url: string },
  args: Record<string, unknown> = {},
  context: Partial<FunctionContext> = {},
) {
  const tool = customFunctionTool(customFunction.parse({ name: 'look', ...definition }), {
    allowHosts: [new URL(definition.url).host],
    headers: { 'x-trunkline-call': 'call-1' },
    credential: async () => null,
    ...context,
  });
  return tool.run(args, { toolCallId: 'use-1' });
}

const json = (response: ServerResponse, value: unknown, status = 200) =>
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));

describe('arguments', () => {
  const schema = {
    properties: { guests: { type: 'integer', minimum: 1 }, room: { enum: ['single', 'double'] } },
    required: ['guests'],
  };

  test('that fit pass', () => {
    expect(() => argumentCheck(schema)({ guests: 2, room: 'double' })).not.toThrow();
  });

  test('that do not fit are told in words that name the argument', () => {
    expect(() => argumentCheck(schema)({})).toThrow('guests');
    expect(() => argumentCheck(schema)({ guests: 0 })).toThrow('guests');
    expect(() => argumentCheck(schema)({ guests: 2, room: 'suite' })).toThrow('room');
  });

  test('are not checked where there is no schema, or none that can be read', () => {
    expect(() => argumentCheck({})({ anything: 1 })).not.toThrow();
    expect(() => argumentCheck({ properties: { a: { $ref: '#/nowhere' } } })({ a: 1 })).not.toThrow();
  });
});

describe('a custom function', () => {
  test('sends arguments as JSON, says for which call, and one key for one use', async () => {
    const { url, seen } = await serve((response) => json(response, { left: 3 }));
    const outcome = await run({ url, headers: { 'X-Shop': 'harbor' } }, { item: 'rope' });
    expect(outcome).toEqual({ result: { left: 3 }, status: 200 });
    expect(seen[0]).toMatchObject({ method: 'POST', url: '/stock?shop=1', body: '{"item":"rope"}' });
    expect(seen[0]?.headers).toMatchObject({
      'x-shop': 'harbor',
      'x-trunkline-call': 'call-1',
    });
    await run({ url }, { item: 'rope' });
    const keys = seen.map(({ headers }) => headers['idempotency-key']);
    expect(new Set(keys).size).toBe(2);
  });

  test('sends the arguments of a GET in its query', async () => {
    const { url, seen } = await serve((response) => json(response, {}));
    await run({ url, method: 'GET' }, { item: 'rope', sizes: [1, 2] });
    expect(seen[0]?.url).toBe('/stock?shop=1&item=rope&sizes=%5B1%2C2%5D');
  });

  test.each(['GET', 'DELETE'] as const)(
    'keeps what its address says when an argument of a %s has the same name',
    async (method) => {
      const { url, seen } = await serve((response) => json(response, {}));
      await run({ url: `${url}&tag=a&tag=b`, method }, { shop: 2, tag: 'c', item: 'rope' });
      expect(seen[0]?.url).toBe('/stock?shop=1&tag=a&tag=b&item=rope');
    },
  );

  test.each<[Secret, (seen: Seen) => unknown, unknown]>([
    [{ kind: 'bearer', token: 'abc' }, ({ headers }) => headers.authorization, 'Bearer abc'],
    [{ kind: 'header', header: 'X-Key', value: 'abc' }, ({ headers }) => headers['x-key'], 'abc'],
    [{ kind: 'basic', username: 'a', password: 'b' }, ({ headers }) => headers.authorization, 'Basic YTpi'],
  ])('carries its credential: %j', async (secret, look, expected) => {
    const { url, seen } = await serve((response) => json(response, {}));
    await run({ url, credential: 'shop' }, {}, { credential: async () => secret });
    expect(seen[0] && look(seen[0])).toBe(expected);
  });

  test('signs its body with an hmac credential', async () => {
    const { url, seen } = await serve((response) => json(response, {}));
    const secret: Secret = { kind: 'hmac', key: 'k', header: 'x-signature' };
    await run({ url, credential: 'shop' }, { item: 'rope' }, { credential: async () => secret });
    const [, at, signature] =
      /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(seen[0]?.headers['x-signature'])) ?? [];
    expect(signature).toBe(createHmac('sha256', 'k').update(`${at}.{"item":"rope"}`).digest('hex'));
  });

  test('is not called when its credential is missing', async () => {
    const { url, seen } = await serve((response) => json(response, {}));
    await expect(run({ url, credential: 'gone' })).rejects.toThrow('credential is missing');
    expect(seen).toHaveLength(0);
  });

  test('is tried again after a fault when it may be repeated, with the same key', async () => {
    const { url, seen } = await serve((response, _seen, count) =>
      count === 1 ? json(response, {}, 503) : json(response, { fine: true }),
    );
    expect(await run({ url, method: 'GET' })).toEqual({ result: { fine: true }, status: 200, attempts: 2 });
    const keys = seen.map(({ headers }) => headers['idempotency-key']);
    expect(keys).toHaveLength(2);
    expect(new Set(keys).size).toBe(1);
  });

  test('is not tried again when it may not be repeated, unless its owner says so', async () => {
    const { url, seen } = await serve((response) => json(response, { error: 'full' }, 503));
    await expect(run({ url })).rejects.toMatchObject({ facts: { status: 503 } });
    expect(seen).toHaveLength(1);
    await expect(run({ url, retries: 2 })).rejects.toMatchObject({ facts: { status: 503, attempts: 3 } });
    expect(seen).toHaveLength(4);
  });

  test('is not tried again when the server says the request is wrong', async () => {
    const { url, seen } = await serve((response) => json(response, { error: 'no such item' }, 404));
    await expect(run({ url, method: 'GET' })).rejects.toThrow('status 404: {"error":"no such item"}');
    expect(seen).toHaveLength(1);
  });
});

describe('a function server', () => {
  test('that is slow is given up in time', async () => {
    const { url } = await serve(() => undefined);
    await expect(run({ url, method: 'GET', timeoutMs: 100 })).rejects.toThrow('within 100 ms');
  });

  test('that answers something else than JSON is read as text', async () => {
    const { url } = await serve((response) => response.end('<b>three left</b>'));
    expect((await run({ url })).result).toBe('<b>three left</b>');
  });

  test('that answers nothing has done it', async () => {
    const { url } = await serve((response) => response.writeHead(204).end());
    expect((await run({ url })).result).toBe('done');
  });

  test('that answers too much is cut, and the model is told', async () => {
    const { url } = await serve((response) => response.end('x'.repeat(5_000_000)));
    const { result } = await run({ url, maxResultBytes: 1_000 });
    expect(result).toBe(`${'x'.repeat(1_000)}\n[cut after 1000 bytes]`);
  });

  test('that is down is told in words', async () => {
    const { url, host } = await serve(() => undefined);
    servers.pop()?.close();
    await expect(run({ url, retries: 0 }, {}, { allowHosts: [host] })).rejects.toThrow(
      'could not be reached',
    );
  });

  test('that redirects to a metadata address, by number or by name, is not followed', async () => {
    const asked: string[] = [];
    const resolve = async (name: string) => {
      asked.push(name);
      return [{ address: '169.254.169.254', family: 4 }];
    };
    for (const location of ['http://169.254.169.254/latest/meta-data', 'http://metadata.test/latest']) {
      const { url } = await serve((response) => response.writeHead(307, { location }).end());
      await expect(run({ url, retries: 3 }, {}, { resolve })).rejects.toThrow('private or reserved');
    }
    expect(asked).toEqual(['metadata.test']);
  });

  test('on a private address is not called at all', async () => {
    const { url, seen } = await serve((response) => json(response, {}));
    const refused = run({ url }, {}, { allowHosts: [] });
    await expect(refused).rejects.toThrow(ToolError);
    await expect(refused).rejects.toThrow('private or reserved');
    expect(seen).toHaveLength(0);
  });
});
