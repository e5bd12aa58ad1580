import type { IncomingMessage, ServerResponse } from 'node:http';
import type { WebSocket } from 'ws';
import type { Fault } from './fault.ts';

export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly url: URL;
  readonly params: Readonly<Record<string, string>>;
  /** Aborted when the client has gone or the gateway stops. */
  readonly signal: AbortSignal;
  readonly requestId: string;
}

export interface HttpRoute {
  readonly method: 'GET' | 'POST';
  /** `/v1/voices/:voice`: a parameter is one path segment. */
  readonly path: string;
  /** True for work that costs engine time: it counts against the limit of requests at once. */
  readonly heavy?: boolean;
  readonly handle: (exchange: Exchange) => Promise<void>;
}

export interface Upgrade {
  readonly url: URL;
  readonly params: Readonly<Record<string, string>>;
  readonly requestId: string;
}

export interface SocketRoute {
  readonly path: string;
  /** Checks the upgrade (throws a Fault to refuse it) and says what to do with the open socket. */
  readonly accept: (upgrade: Upgrade) => (socket: WebSocket) => void;
}

/** A vendor's wire protocol. */
export interface Dialect {
  readonly name: string;
  readonly routes: readonly HttpRoute[];
  readonly sockets: readonly SocketRoute[];
  /** Paths whose errors (also 404 and 405) speak this dialect. */
  readonly owns: (path: string) => boolean;
  readonly errorBody: (fault: Fault, requestId: string) => unknown;
  /** Header that carries the request id. */
  readonly requestIdHeader: string;
}

export function matchPath(pattern: string, path: string): Record<string, string> | undefined {
  const wanted = pattern.split('/');
  const given = path.split('/');
  if (wanted.length !== given.length) return undefined;
  const params: Record<string, string> = {};
  for (const [index, part] of wanted.entries()) {
    const value = given[index] ?? '';
    if (part.startsWith(':') && value !== '') params[part.slice(1)] = decode(value);
    else if (part !== value) return undefined;
  }
  return params;
}

function decode(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}
