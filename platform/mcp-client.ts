import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import type { GuardedOptions } from './guarded-fetch.ts';
import { guardedWebFetch } from './guarded-web-fetch.ts';

export interface McpTool {
  readonly name: string;
  readonly description: string;
  /** JSON Schema of an object. */
  readonly parameters: Readonly<Record<string, unknown>>;
}

export interface McpAnswer {
  readonly text: string;
  readonly isError: boolean;
}

export interface McpConnection {
  readonly tools: readonly McpTool[];
  /** Throws when the server does not answer in time, or answers no result. */
  call(
    name: string,
    args: Record<string, unknown>,
    options: { readonly timeoutMs: number; readonly signal?: AbortSignal | undefined },
  ): Promise<McpAnswer>;
  close(): Promise<void>;
}

interface Options {
  readonly url: string;
  readonly transport: 'http' | 'sse';
  /** Of connecting and listing together. */
  readonly timeoutMs: number;
  readonly headersFor: (url: URL, body: string | undefined) => Readonly<Record<string, string>>;
  readonly allow: readonly string[];
  readonly resolve?: GuardedOptions['resolve'];
  readonly signal?: AbortSignal | undefined;
}

const maxTools = 200;
const maxPages = 10;
/** Of one answer; a stream of events that is longer is opened anew by the SDK. */
const maxAnswerBytes = 5_000_000;
const closeTimeoutMs = 1_000;

/**
 * Connects to a Model Context Protocol server that somebody else chose, every request through the guard, and lists its
 * tools. Throws, with words, when that does not work within `timeoutMs`.
 */
export async function connectMcp(options: Options): Promise<McpConnection> {
  const timeout = AbortSignal.timeout(options.timeoutMs);
  const signal = options.signal ? AbortSignal.any([options.signal, timeout]) : timeout;
  const transport = openTransport(options);
  const client = new Client(
    { name: 'trunkline', version: '1' },
    // A stranger's schemas are neither compiled nor trusted: results are texts for a model.
    {
      jsonSchemaValidator: {
        getValidator: () => (data) => ({ valid: true, data: data as never, errorMessage: undefined }),
      },
    },
  );
  const close = () => closeClient(client, transport);
  try {
    await unless(signal, client.connect(transport, { timeout: options.timeoutMs }));
    const tools = await unless(signal, listTools(client, options.timeoutMs));
    return { tools, close, call: (name, args, use) => callTool(client, name, args, use) };
  } catch (error) {
    void close();
    if (timeout.aborted) throw new Error(`The server did not answer within ${options.timeoutMs} ms.`);
    throw error;
  }
}

function openTransport({ url, transport, headersFor, allow, resolve, timeoutMs }: Options) {
  const fetch = guardedWebFetch({
    ...{ allow, headersFor, timeoutMs, maxBytes: maxAnswerBytes },
    ...(resolve ? { resolve } : {}),
  });
  return transport === 'sse'
    ? new SSEClientTransport(new URL(url), { fetch })
    : new StreamableHTTPClientTransport(new URL(url), { fetch });
}

async function listTools(client: Client, timeoutMs: number): Promise<McpTool[]> {
  const tools: McpTool[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < maxPages && tools.length < maxTools; page++) {
    const answer = await client.listTools(cursor === undefined ? {} : { cursor }, { timeout: timeoutMs });
    tools.push(
      ...answer.tools.map(({ name, description, inputSchema }) => ({
        name,
        description: description ?? '',
        parameters: inputSchema,
      })),
    );
    cursor = answer.nextCursor;
    if (cursor === undefined) break;
  }
  return tools.slice(0, maxTools);
}

const callTool: (client: Client, ...rest: Parameters<McpConnection['call']>) => Promise<McpAnswer> = async (
  client,
  name,
  args,
  { timeoutMs, signal },
) => {
  const answer = await client.callTool({ name, arguments: args }, undefined, {
    timeout: timeoutMs,
    maxTotalTimeout: timeoutMs,
    ...(signal ? { signal } : {}),
  });
  const content = Array.isArray(answer.content) ? (answer.content as readonly Part[]) : [];
  const text = content.map(wordsOf).join('\n');
  return {
    text: text === '' && answer.structuredContent ? JSON.stringify(answer.structuredContent) : text,
    isError: answer.isError === true,
  };
};

interface Part {
  readonly type: string;
  readonly text?: string;
  readonly resource?: { readonly text?: string; readonly uri?: string };
}

/** A model on the phone reads; pictures and sounds are only named. */
function wordsOf(part: Part): string {
  if (part.type === 'text') return part.text ?? '';
  if (part.type === 'resource') return part.resource?.text ?? `[${part.resource?.uri ?? 'resource'}]`;
  return `[${part.type}]`;
}

async function closeClient(client: Client, transport: Transport): Promise<void> {
  const goodbye = async () => {
    // Tells the server that the session is over; the SDK's own close only stops listening.
    if (transport instanceof StreamableHTTPClientTransport) await transport.terminateSession();
  };
  await Promise.race([
    goodbye().catch(() => undefined),
    new Promise<void>((resolve) => setTimeout(resolve, closeTimeoutMs).unref()),
  ]);
  await client.close().catch(() => undefined);
}

async function unless<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  signal.throwIfAborted();
  let stop = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
  });
  // What is abandoned may still fail.
  work.catch(() => undefined);
  return Promise.race([work, aborted]).finally(() => signal.removeEventListener('abort', stop));
}
