import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { type RawData, WebSocket, WebSocketServer } from 'ws';

/** Ways in which a provider fails, as seen from the wire. */
export const faultKinds = [
  ...(['dropped', 'closed', 'refused', '429', 'stalled', 'slow', 'garbage', 'mid-sentence'] as const),
] as const;
export type FaultKind = (typeof faultKinds)[number] | '401' | '503';

export type Stage = 'stt' | 'llm' | 'tts';

/** Stands between the worker and its providers, and lets what goes to one model or voice fail. */
export interface FaultProxy {
  readonly url: string;
  /** Lets the next `times` requests or connections of a model or voice fail, and the connection that is open now. */
  inject(key: string, kind: FaultKind, times?: number): void;
  heal(key: string): void;
  close(): Promise<void>;
}

interface Injected {
  readonly kind: FaultKind;
  left: number;
}

const slowMs = 3_000;

export async function startFaultProxy(target: string): Promise<FaultProxy> {
  const faults = new Map<string, Injected>();
  const open = new Map<string, Set<Link>>();
  const links = new WebSocketServer({ noServer: true });
  const take = (key: string): FaultKind | undefined => {
    const fault = faults.get(key);
    if (!fault || fault.left <= 0) return undefined;
    fault.left--;
    return fault.kind;
  };
  const server = createServer((request, response) => void pass(request, response, target, take));
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const { stage, key } = addressOf(request.url ?? '');
    const kind = take(key);
    socket.on('error', () => undefined);
    if (kind === 'refused') {
      socket.destroy();
      return;
    }
    if (kind !== undefined && /^\d+$/.test(kind)) {
      const body = JSON.stringify({ err_code: 'NO', err_msg: 'Invalid credentials.' });
      const headers = [
        `content-length: ${body.length}`,
        'content-type: application/json',
        'connection: close',
      ];
      socket.end(`HTTP/1.1 ${kind} Refused\r\n${headers.join('\r\n')}\r\n\r\n${body}`);
      return;
    }
    links.handleUpgrade(request, socket, head, (client) => {
      const link = new Link(stage, client, `${target.replace('http', 'ws')}${request.url}`, request);
      if (kind) link.fail(kind);
      const of = open.get(key) ?? new Set();
      open.set(key, of.add(link));
      client.on('close', () => of.delete(link));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    inject: (key, kind, times = 1) => {
      const opened = [...(open.get(key) ?? [])];
      const atDoor = kind === 'refused' || /^\d+$/.test(kind);
      faults.set(key, { kind, left: atDoor ? times : times - opened.length });
      for (const link of opened) link.fail(atDoor ? 'dropped' : kind);
    },
    heal: (key) => faults.delete(key),
    close: async () => {
      for (const client of links.clients) client.terminate();
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

function addressOf(path: string): { stage: Stage; key: string } {
  const url = new URL(path, 'http://proxy');
  const voice = /\/text-to-speech\/([^/]+)\//.exec(url.pathname)?.[1];
  return voice ? { stage: 'tts', key: voice } : { stage: 'stt', key: url.searchParams.get('model') ?? '' };
}

/** One WebSocket through the proxy. */
class Link {
  readonly #stage: Stage;
  readonly #client: WebSocket;
  readonly #server: WebSocket;
  readonly #early: { data: RawData; binary: boolean }[] = [];
  #kind: FaultKind | undefined;
  #passed = 0;

  constructor(stage: Stage, client: WebSocket, url: string, { headers }: IncomingMessage) {
    this.#stage = stage;
    this.#client = client;
    this.#server = new WebSocket(url, {
      headers: {
        authorization: headers.authorization ?? '',
        'xi-api-key': String(headers['xi-api-key'] ?? ''),
      },
    });
    this.#server.on('open', () => {
      for (const { data, binary } of this.#early.splice(0)) this.#server.send(data, { binary });
    });
    this.#server.on('error', () => client.terminate());
    this.#server.on('message', (data, binary) => this.#down(data, binary));
    this.#server.on('close', (code) => code !== 1005 && code !== 1006 && client.close(code));
    client.on('message', (data, binary) => this.#up(data, binary));
    client.on('error', () => undefined);
    client.on('close', () => this.#server.terminate());
  }

  fail(kind: FaultKind): void {
    this.#kind = kind;
    this.#passed = 0;
    // A recogniser's socket is lost while nobody speaks; a voice's when it is needed.
    if (this.#stage === 'stt' && (kind === 'dropped' || kind === 'closed')) this.#end();
  }

  #up(data: RawData, binary: boolean): void {
    if (this.#kind === 'dropped' || this.#kind === 'closed') this.#end();
    else if (this.#server.readyState === WebSocket.OPEN) this.#server.send(data, { binary });
    else this.#early.push({ data, binary });
  }

  #down(data: RawData, binary: boolean): void {
    const send = (message: RawData | string) => {
      if (this.#client.readyState === WebSocket.OPEN) this.#client.send(message, { binary });
    };
    if (this.#kind === 'stalled' || (this.#kind === 'mid-sentence' && this.#passed > 0)) return;
    if (this.#kind === 'garbage') send('<html>no such thing');
    else if (this.#kind === 'slow') setTimeout(() => send(data), slowMs);
    else send(data);
    this.#passed++;
    if (this.#kind === 'mid-sentence') setTimeout(() => this.#client.terminate(), 50);
  }

  #end(): void {
    if (this.#kind === 'closed') this.#client.close(1000);
    else this.#client.terminate();
  }
}

/** Chat requests, by their model; everything else goes through untouched. */
async function pass(
  request: IncomingMessage,
  response: ServerResponse,
  target: string,
  take: (key: string) => FaultKind | undefined,
): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  const body = Buffer.concat(chunks);
  const isChat = request.url === '/v1/chat/completions';
  const kind = isChat ? take((JSON.parse(body.toString()) as { model: string }).model) : undefined;
  const stream = () => response.writeHead(200, { 'content-type': 'text/event-stream' });
  if (kind === 'refused') response.destroy();
  else if (kind !== undefined && /^\d+$/.test(kind))
    response
      .writeHead(Number(kind), { 'content-type': 'application/json' })
      .end(JSON.stringify({ error: { message: kind === '401' ? 'Incorrect API key provided' : 'busy' } }));
  else if (kind === 'dropped') {
    stream().flushHeaders();
    setTimeout(() => response.destroy(), 50);
  } else if (kind === 'closed') stream().end();
  else if (kind === 'garbage') stream().end('data: {"choices":[{"del\n\n<html>no such thing</html>\n\n');
  else if (kind !== 'stalled') {
    if (kind === 'slow') await new Promise((resolve) => setTimeout(resolve, slowMs));
    forward(request, response, target, body, kind === 'mid-sentence');
  }
}

function forward(
  { url, method, headers }: IncomingMessage,
  response: ServerResponse,
  target: string,
  body: Buffer,
  breaks: boolean,
): void {
  const onward = httpRequest(`${target}${url}`, { method, headers: { ...headers, host: '' } }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    if (!breaks) {
      answer.pipe(response);
      return;
    }
    let text = '';
    answer.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    answer.on('end', () => {
      response.write(`${text.split('\n\n').slice(0, 3).join('\n\n')}\n\n`);
      setTimeout(() => response.destroy(), 50);
    });
  });
  onward.on('error', () => response.destroy());
  onward.end(body);
}
