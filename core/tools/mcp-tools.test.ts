import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { McpServer as SdkServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { SSEServerTransport } from '@modelcontextprotocol/sdk/server/sse.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { afterEach, expect, test } from 'vitest';
import { z } from 'zod';
import { mcpServer } from '../agents/definition.ts';
import { type McpContext, type McpSources, mcpTools, openMcpServers } from './mcp-tools.ts';

const servers: Server[] = [];
const opened: McpSources[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((one) => one.close()));
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function listen(handle: RequestListener): Promise<string> {
  const server = createServer(handle);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** The SDK's own server with four tools. */
function harborServer(): SdkServer {
  const server = new SdkServer({ name: 'harbor', version: '1' });
  server.registerTool(
    'tide',
    { description: 'When the tide is high', inputSchema: { day: z.string() } },
    async ({ day }) => ({ content: [{ type: 'text', text: `On ${day} at noon.` }] }),
  );
  server.registerTool('fog', { description: 'Fails' }, async () => ({
    isError: true,
    content: [{ type: 'text', text: 'The sensor is wet.' }],
  }));
  server.registerTool('log.book', { description: 'Long' }, async () => ({
    content: [{ type: 'text', text: 'x'.repeat(10_000) }],
  }));
  server.registerTool('sleep', { description: 'Never answers' }, () => new Promise(() => undefined));
  return server;
}

async function overHttp(seen: string[] = []): Promise<string> {
  return listen(async (request, response) => {
    seen.push(String(request.headers.authorization));
    const transport = new StreamableHTTPServerTransport({});
    response.on('close', () => void transport.close());
    await harborServer().connect(transport as Parameters<SdkServer['connect']>[0]);
    await transport.handleRequest(request, response);
  });
}

async function overSse(): Promise<string> {
  const sessions = new Map<string, SSEServerTransport>();
  return listen(async (request, response) => {
    const url = new URL(request.url ?? '/', 'http://localhost');
    if (request.method === 'GET') {
      const transport = new SSEServerTransport('/messages', response);
      sessions.set(transport.sessionId, transport);
      await harborServer().connect(transport);
      return;
    }
    await sessions.get(url.searchParams.get('sessionId') ?? '')?.handlePostMessage(request, response);
  });
}

async function open(
  list: readonly { name: string; host: string; transport?: 'http' | 'sse'; [field: string]: unknown }[],
  context: Partial<McpContext> = {},
) {
  const sources = await openMcpServers(
    list.map(({ host, ...rest }) => mcpServer.parse({ url: `http://${host}/mcp`, ...rest })),
    { allowHosts: list.map(({ host }) => host), credential: async () => null, ...context },
  );
  opened.push(sources);
  return sources;
}

test.each([
  ['http', overHttp],
  ['sse', overSse],
] as const)('tools of a server over %s are listed and called', async (transport, start) => {
  const { sources, problems } = await open([{ name: 'harbor', host: await start(), transport }]);
  expect(problems).toEqual([]);
  const tools = mcpTools(sources, []);
  expect(tools.map(({ name }) => name)).toEqual(['tide', 'fog', 'harbor_log_book', 'sleep']);
  const [tide, fog] = tools;
  expect(tide?.parameters).toMatchObject({ properties: { day: { type: 'string' } }, required: ['day'] });
  expect(await tide?.run({ day: 'Monday' }, { toolCallId: '1' })).toEqual({ result: 'On Monday at noon.' });
  await expect(fog?.run({}, { toolCallId: '2' })).rejects.toThrow('The sensor is wet.');
});

test('a name that is taken gets the name of its server in front', async () => {
  const host = await overHttp();
  const { sources } = await open([
    { name: 'north', host, tools: ['tide'] },
    { name: 'south', host, tools: ['tide'] },
  ]);
  expect(mcpTools(sources, []).map(({ name }) => name)).toEqual(['tide', 'south_tide']);
  expect(mcpTools(sources, ['tide', 'north_tide']).map(({ name }) => name)).toEqual([
    'north_tide_2',
    'south_tide',
  ]);
});

test('a long result is cut, and a tool that does not answer is given up in time', async () => {
  const host = await overHttp();
  const { sources } = await open([{ name: 'harbor', host, maxResultBytes: 1_000, timeoutMs: 1_500 }]);
  const tools = new Map(mcpTools(sources, []).map((tool) => [tool.name, tool]));
  const { result } = (await tools.get('harbor_log_book')?.run({}, { toolCallId: '1' })) ?? {};
  expect(result).toBe(`${'x'.repeat(1_000)}\n[cut after 1000 bytes]`);
  await expect(tools.get('sleep')?.run({}, { toolCallId: '2' })).rejects.toThrow('did not answer');
});

test('a credential goes to the server and is asked for by its name', async () => {
  const seen: string[] = [];
  const { problems } = await open(
    [{ name: 'harbor', host: await overHttp(seen), credential: 'harbor key' }],
    {
      credential: async (name) => (name === 'harbor key' ? { kind: 'bearer', token: 'abc' } : null),
    },
  );
  expect(problems).toEqual([]);
  expect(new Set(seen)).toEqual(new Set(['Bearer abc']));
});

test('servers that are down, silent, forbidden or no such thing are named, and the others work', async () => {
  const silent = await listen(() => undefined);
  const wrong = await listen((_request, response) => response.end('hello'));
  const down = await listen(() => undefined);
  servers.pop()?.close();
  const inside = await listen((_request, response) =>
    response.writeHead(307, { location: 'http://169.254.169.254/mcp' }).end(),
  );
  const { sources, problems } = await open([
    { name: 'silent', host: silent, timeoutMs: 500 },
    { name: 'wrong', host: wrong, timeoutMs: 500 },
    { name: 'down', host: down },
    { name: 'inside', host: inside },
    { name: 'harbor', host: await overHttp() },
    { name: 'keyless', host: await overHttp(), credential: 'gone' },
  ]);
  expect(problems.map(({ server }) => server)).toEqual(['silent', 'wrong', 'down', 'inside', 'keyless']);
  expect(mcpTools(sources, []).map(({ name }) => name)).toContain('tide');
});

test('a private address is refused unless it is allowed', async () => {
  const seen: string[] = [];
  const { problems } = await open([{ name: 'harbor', host: await overHttp(seen) }], { allowHosts: [] });
  expect(problems[0]?.message).toContain('private or reserved');
  expect(seen).toEqual([]);
});
