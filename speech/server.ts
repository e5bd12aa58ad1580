import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { newId } from '../platform/ids.ts';
import { deepgramDialect } from './dialects/deepgram/dialect.ts';
import { elevenlabsDialect } from './dialects/elevenlabs/dialect.ts';
import { openaiDialect } from './dialects/openai/dialect.ts';
import { type Gateway, limits } from './gateway.ts';
import { sendJson } from './http/body.ts';
import { Fault } from './http/fault.ts';
import { type Dialect, matchPath, type Upgrade } from './http/route.ts';

export interface SpeechServer {
  readonly port: number;
  close(): Promise<void>;
}

export interface SpeechServerOptions {
  readonly gateway: Gateway;
  /** 0 takes a free one. The gateway has no keys of its own, so it listens on loopback only. */
  readonly port: number;
  readonly limits?: { readonly streams?: number; readonly heavyRequests?: number };
}

/**
 * Longer than callers are silent between two turns: the next request finds its connection open, and does not meet one
 * that is being closed (Node's default is 5 s, at which clients that are busy lose that race).
 */
const keepAliveMs = 75_000;

/** Starts the gateway. Rejects when the port is taken. */
export async function startSpeechServer(options: SpeechServerOptions): Promise<SpeechServer> {
  const { gateway, port } = options;
  const dialects: readonly Dialect[] = [
    deepgramDialect(gateway),
    elevenlabsDialect(gateway),
    openaiDialect(gateway),
  ];
  const stopping = new AbortController();
  const server = createServer({ requestTimeout: 120_000, keepAliveTimeout: keepAliveMs });
  const sockets = acceptSockets(gateway, dialects, options.limits?.streams ?? limits.streams);
  const answer = answerRequests(gateway, dialects, {
    heavyRequests: options.limits?.heavyRequests ?? limits.heavyRequests,
    streams: () => sockets.clients.size,
    stopping: stopping.signal,
  });
  server.on('request', (request, response) => void answer(request, response));
  server.on('upgrade', (request, socket, head) => sockets.upgrade(request, socket, head));
  server.on('clientError', (_, socket) => {
    if (socket.writable)
      socket.end('HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n');
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      stopping.abort(new Error('The gateway is stopping.'));
      for (const socket of sockets.clients) socket.close(1001, 'the gateway is stopping');
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      const force = setTimeout(() => {
        for (const socket of sockets.clients) socket.terminate();
        server.closeAllConnections();
      }, 1_000);
      await closed;
      clearTimeout(force);
    },
  };
}

interface AnswerOptions {
  readonly heavyRequests: number;
  readonly streams: () => number;
  readonly stopping: AbortSignal;
}

function answerRequests(gateway: Gateway, dialects: readonly Dialect[], options: AnswerOptions) {
  let heavy = 0;

  const dispatch = async (
    request: IncomingMessage,
    response: ServerResponse,
    url: URL,
    requestId: string,
  ) => {
    if (url.pathname === '/health')
      return sendJson(response, 200, {
        status: 'ok',
        engines: gateway.scheduler.load,
        streams: options.streams(),
      });
    const { route, params } = findRoute(dialects, request.method ?? '', url.pathname);
    if (route.heavy && heavy >= options.heavyRequests)
      throw new Fault(429, 'too_many_requests', 'Too many requests at once: try again in a moment.');
    if (route.heavy) heavy += 1;
    const gone = new AbortController();
    response.once('close', () => gone.abort(new Error('The client has gone.')));
    try {
      const signal = AbortSignal.any([gone.signal, options.stopping]);
      await route.handle({ request, response, url, params, requestId, signal });
    } finally {
      if (route.heavy) heavy -= 1;
    }
  };

  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const requestId = newId();
    const url = parseUrl(request);
    const dialect = dialectOf(dialects, url.pathname);
    response.setHeader(dialect.requestIdHeader, requestId);
    try {
      refuseStrangers(request);
      await dispatch(request, response, url, requestId);
    } catch (error) {
      answerError(gateway, dialect, { request, response, requestId, error });
    }
  };
}

function answerError(
  gateway: Gateway,
  dialect: Dialect,
  failed: { request: IncomingMessage; response: ServerResponse; requestId: string; error: unknown },
): void {
  const { request, response, requestId, error } = failed;
  const fault = toFault(gateway, error, requestId);
  if (response.headersSent) return void response.destroy();
  // What is left of a refused body is not worth reading.
  if (!request.complete) response.setHeader('connection', 'close');
  sendJson(response, fault.status, dialect.errorBody(fault, requestId));
}

function toFault(gateway: Gateway, error: unknown, requestId: string): Fault {
  if (error instanceof Fault) return error;
  if ((error as NodeJS.ErrnoException)?.code !== 'ECONNRESET')
    gateway.log.error({ err: error, requestId }, 'a request failed');
  return new Fault(500, 'internal_error', 'The speech gateway failed on this request.');
}

function findRoute(dialects: readonly Dialect[], method: string, path: string) {
  let known = false;
  for (const route of dialects.flatMap((dialect) => dialect.routes)) {
    const params = matchPath(route.path, path);
    if (!params) continue;
    if (route.method === method) return { route, params };
    known = true;
  }
  if (known) throw new Fault(405, 'method_not_allowed', `${method} is not allowed on ${path}.`);
  throw new Fault(404, 'not_found', `There is no ${method} ${path} on this gateway.`);
}

const dialectOf = (dialects: readonly Dialect[], path: string): Dialect => {
  const found = dialects.find((dialect) => dialect.owns(path)) ?? dialects.at(-1);
  if (!found) throw new Error('The gateway has no dialects.');
  return found;
};

function parseUrl(request: IncomingMessage): URL {
  try {
    // Some clients join a base that ends in a slash with a path that starts with one.
    return new URL((request.url ?? '/').replace(/^\/{2,}/, '/'), 'http://gateway');
  } catch {
    return new URL('http://gateway/');
  }
}

/** A web page anywhere may open sockets to loopback, and the gateway asks for no key. */
function refuseStrangers(request: IncomingMessage): void {
  const { origin } = request.headers;
  if (origin === undefined || /^https?:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/i.test(origin)) return;
  throw new Fault(403, 'forbidden_origin', 'The speech gateway does not serve web pages.');
}

function acceptSockets(gateway: Gateway, dialects: readonly Dialect[], limit: number) {
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: limits.socketFrameBytes,
    clientTracking: true,
  });
  const extraHeaders = new WeakMap<IncomingMessage, string>();
  sockets.on('headers', (headers, request) =>
    headers.push(extraHeaders.get(request) ?? 'x-gateway: trunkline'),
  );

  const accept = (request: IncomingMessage, url: URL, requestId: string): ((socket: WebSocket) => void) => {
    refuseStrangers(request);
    for (const route of dialects.flatMap((dialect) => dialect.sockets)) {
      const params = matchPath(route.path, url.pathname);
      if (!params) continue;
      if (sockets.clients.size >= limit)
        throw new Fault(429, 'too_many_concurrent_requests', `This gateway serves ${limit} streams at once.`);
      const upgrade: Upgrade = { url, params, requestId };
      return route.accept(upgrade);
    }
    throw new Fault(404, 'not_found', `There is no WebSocket at ${url.pathname} on this gateway.`);
  };

  const upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    const requestId = newId();
    const url = parseUrl(request);
    const dialect = dialectOf(dialects, url.pathname);
    socket.on('error', () => socket.destroy());
    try {
      const open = accept(request, url, requestId);
      extraHeaders.set(request, `${dialect.requestIdHeader}: ${requestId}`);
      sockets.handleUpgrade(request, socket, head, (webSocket) => {
        webSocket.on('error', (error) => gateway.log.debug({ err: error, requestId }, 'a stream broke'));
        open(webSocket);
      });
    } catch (error) {
      refuseUpgrade(socket, dialect, toFault(gateway, error, requestId), requestId);
    }
  };
  return { clients: sockets.clients, upgrade };
}

function refuseUpgrade(socket: Duplex, dialect: Dialect, fault: Fault, requestId: string): void {
  const body = JSON.stringify(dialect.errorBody(fault, requestId));
  const head = [
    `HTTP/1.1 ${fault.status} ${fault.reason}`,
    'content-type: application/json; charset=utf-8',
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
    `${dialect.requestIdHeader}: ${requestId}`,
    `dg-error: ${fault.message.replace(/[^\x20-\x7e]/g, ' ')}`,
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}
