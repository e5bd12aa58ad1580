import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * Longer than the proxies in front of it keep a connection, mostly 60 s: else a request meets one that is being closed.
 */
const keepAliveMs = 75_000;
const idleMs = 60_000;

/**
 * A server whose requests may take as long as something of them comes: a list of a gigabyte needs more than the five
 * minutes that Node gives a whole request.
 */
export function openServer(handle: RequestListener, { bodyIdleMs = idleMs } = {}): Server {
  const server = createServer(
    { keepAliveTimeout: keepAliveMs, headersTimeout: 60_000, requestTimeout: 0 },
    handle,
  );
  server.on('request', (request) => endWhenIdle(request, bodyIdleMs));
  return server;
}

/** Ends a request whose body is not there and of which nothing has come for so long, though all that came was read. */
function endWhenIdle(request: IncomingMessage, everyMs: number): void {
  let seen = request.socket.bytesRead;
  const timer = setInterval(() => {
    const { bytesRead } = request.socket;
    const isOurTurn = request.readableLength > 0;
    if (request.complete) clearInterval(timer);
    else if (bytesRead === seen && !isOurTurn) request.destroy();
    // When we have read it, the other side has all the time again.
    seen = isOurTurn ? -1 : bytesRead;
  }, everyMs);
  request.once('close', () => clearInterval(timer));
}

/** The port cannot be had; the message is a sentence for the operator. */
export class ListenError extends Error {
  override readonly name = 'ListenError';
}

const reasons: Record<string, string> = {
  EADDRINUSE: 'another program has it',
  EACCES: 'this user may not open it',
  EADDRNOTAVAIL: 'this machine does not have that address',
};

/** Resolves with the port. Throws a ListenError that says what to do. */
export function listen(
  server: Server,
  { HOST: host, PORT: port }: { HOST: string; PORT: number },
): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const reason = reasons[error.code ?? ''];
      reject(
        reason === undefined
          ? error
          : new ListenError(
              `Cannot listen on ${host}:${port}: ${reason}. Set HOST or PORT (--port N) to something else.`,
            ),
      );
    });
    server.listen({ port, host }, () => resolve((server.address() as AddressInfo).port));
  });
}

/** Takes no new connections, lets requests in work finish, and cuts off what is left after `graceMs`. */
export async function closeServer(server: Server, { graceMs = 8_000 } = {}): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  // Again and again: a connection that is kept alive becomes idle when its last answer is out.
  const idle = setInterval(() => server.closeIdleConnections(), 50);
  const timer = setTimeout(() => server.closeAllConnections(), graceMs);
  await closed;
  clearInterval(idle);
  clearTimeout(timer);
}
