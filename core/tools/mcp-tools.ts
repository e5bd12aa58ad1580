import type { GuardedOptions } from '../../platform/guarded-fetch.ts';
import type { McpConnection, McpTool } from '../../platform/mcp-client.ts';
import type { McpServer } from '../agents/definition.ts';
import { headersFor, type Secret } from '../credentials/secret.ts';
import { type Tool, ToolError, type ToolUse } from './tool.ts';

export interface McpContext {
  readonly allowHosts: readonly string[];
  credential(name: string): Promise<Secret | null>;
  readonly resolve?: GuardedOptions['resolve'];
  readonly signal?: AbortSignal | undefined;
}

export interface McpSource {
  readonly server: McpServer;
  readonly connection: McpConnection;
}

export interface McpSources {
  readonly sources: readonly McpSource[];
  /** Servers that could not be had, and why. */
  readonly problems: readonly { readonly server: string; readonly message: string }[];
  close(): Promise<void>;
}

/** Somebody is on the line: a server that takes longer is done without. */
const listingTimeoutMs = 3_000;

/** Connects to all tool servers of an agent at once. Never rejects, and never takes longer than `listingTimeoutMs`. */
export async function openMcpServers(
  servers: readonly McpServer[],
  context: McpContext,
): Promise<McpSources> {
  const results = await Promise.all(
    servers.map(async (server): Promise<McpSource | { server: McpServer; message: string }> => {
      try {
        return { server, connection: await connect(server, context) };
      } catch (error) {
        return { server, message: error instanceof Error ? error.message : String(error) };
      }
    }),
  );
  const sources = results.filter((one): one is McpSource => 'connection' in one);
  return {
    sources,
    problems: results.flatMap((one) =>
      'message' in one ? [{ server: one.server.name, message: one.message }] : [],
    ),
    close: async () => {
      await Promise.allSettled(sources.map(({ connection }) => connection.close()));
    },
  };
}

async function connect(server: McpServer, context: McpContext): Promise<McpConnection> {
  const { url, transport, headers, credential, timeoutMs } = server;
  const secret = credential === '' ? null : await context.credential(credential);
  if (credential !== '' && secret === null) throw new Error(`The credential "${credential}" is missing.`);
  const { origin } = new URL(url);
  // Most agents have no such server, and do not load the protocol.
  const { connectMcp } = await import('../../platform/mcp-client.ts');
  return connectMcp({
    url,
    transport,
    timeoutMs: Math.min(timeoutMs, listingTimeoutMs),
    allow: context.allowHosts,
    headersFor: (target, body) =>
      target.origin === origin
        ? {
            ...headers,
            ...(secret === null ? {} : headersFor(secret, body ?? target.pathname + target.search)),
          }
        : {},
    ...(context.resolve ? { resolve: context.resolve } : {}),
    signal: context.signal,
  });
}

/**
 * The tools of the servers that an agent may use, under names that nobody else has: a name that is taken, or that a
 * model could not call, gets the server's name in front.
 */
export function mcpTools(sources: readonly McpSource[], takenNames: readonly string[]): Tool[] {
  const taken = new Set(takenNames);
  return sources.flatMap(({ server, connection }) =>
    connection.tools
      .filter(({ name }) => server.tools.length === 0 || server.tools.includes(name))
      .map((tool) => {
        const name = freeName(tool.name, server.name, taken);
        taken.add(name);
        return asTool(name, tool, server, connection);
      }),
  );
}

function freeName(name: string, server: string, taken: ReadonlySet<string>): string {
  if (/^[a-zA-Z_][a-zA-Z0-9_-]{0,63}$/.test(name) && !taken.has(name)) return name;
  const prefixed = `${server}_${name.replaceAll(/[^a-zA-Z0-9_-]/g, '_')}`.slice(0, 60);
  for (let number = 1; ; number++) {
    const candidate = number === 1 ? prefixed : `${prefixed}_${number}`;
    if (!taken.has(candidate)) return candidate;
  }
}

function asTool(name: string, tool: McpTool, server: McpServer, connection: McpConnection): Tool {
  return {
    name,
    description: tool.description.slice(0, 2_000),
    parameters: tool.parameters,
    run: async (args, use) => ({ result: await callTool(tool.name, args, server, connection, use) }),
  };
}

async function callTool(
  name: string,
  args: Record<string, unknown>,
  { timeoutMs, maxResultBytes }: McpServer,
  connection: McpConnection,
  { signal }: ToolUse,
): Promise<string> {
  const answer = await connection.call(name, args, { timeoutMs, signal }).catch((error: unknown) => {
    throw new ToolError(`The tool did not answer: ${error instanceof Error ? error.message : String(error)}`);
  });
  const bytes = Buffer.from(answer.text);
  const text =
    bytes.length <= maxResultBytes
      ? answer.text
      : `${bytes.subarray(0, maxResultBytes).toString('utf8')}\n[cut after ${maxResultBytes} bytes]`;
  if (answer.isError) throw new ToolError(`The tool failed: ${text.slice(0, 1_000)}`);
  return text === '' ? 'done' : text;
}
