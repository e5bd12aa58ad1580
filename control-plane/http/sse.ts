import { PassThrough } from 'node:stream';
import type Koa from 'koa';

export interface EventStream {
  /** A named event with JSON data and an id to continue from. */
  send(event: string, data: unknown, id?: string): void;
  end(): void;
  /** Aborted when the client has gone or the stream was ended. */
  readonly signal: AbortSignal;
}

/** Turns the answer into a server-sent event stream with a comment every 15 s, so that proxies keep it open. */
export function openEventStream(
  koa: Koa.Context,
  { closing, heartbeatMs = 15_000 }: { closing: AbortSignal; heartbeatMs?: number },
): EventStream {
  const body = new PassThrough();
  const gone = new AbortController();
  const end = () => {
    if (gone.signal.aborted) return;
    gone.abort();
    clearInterval(timer);
    closing.removeEventListener('abort', end);
    body.end();
  };
  const timer = setInterval(() => body.write(': still here\n\n'), heartbeatMs);
  closing.addEventListener('abort', end);
  koa.res.once('close', end);
  koa.status = 200;
  koa.type = 'text/event-stream';
  koa.set({ 'Cache-Control': 'no-store', 'X-Accel-Buffering': 'no' });
  koa.body = body;
  body.write(': open\n\n');
  return {
    signal: gone.signal,
    end,
    send: (event, data, id) => {
      if (gone.signal.aborted) return;
      body.write(
        `${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`,
      );
    },
  };
}
