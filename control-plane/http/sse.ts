import { PassThrough } from 'node:stream';
import type Koa from 'koa';

export interface EventStream {
  /** A named event with JSON data and an id to continue from. */
  send(event: string, data: unknown, id?: string): void;
  end(): void;
}

interface StreamOptions {
  /** Aborted when the server stops. */
  readonly closing: AbortSignal;
  /**
   * Called once: when the client has gone, the server stops or the stream was ended; at once when that is so already.
   */
  readonly onEnd: () => void;
  /**
   * Asked with every heartbeat: whether the client may still have it. One that rejects is asked again with the next.
   */
  readonly mayGoOn?: () => Promise<boolean>;
  readonly heartbeatMs?: number | undefined;
}

/** Turns the answer into a server-sent event stream with a comment every 15 s, so that proxies keep it open. */
export function openEventStream(
  koa: Koa.Context,
  { closing, onEnd, mayGoOn, heartbeatMs = 15_000 }: StreamOptions,
): EventStream {
  const body = new PassThrough();
  let ended = false;
  const end = () => {
    if (ended) return;
    ended = true;
    clearInterval(timer);
    closing.removeEventListener('abort', end);
    body.end();
    onEnd();
  };
  const timer = setInterval(() => {
    body.write(': still here\n\n');
    mayGoOn?.().then(
      (may) => may || end(),
      () => undefined,
    );
  }, heartbeatMs);
  closing.addEventListener('abort', end);
  koa.res.once('close', end);
  koa.status = 200;
  koa.type = 'text/event-stream';
  koa.set({ 'Cache-Control': 'no-store', 'X-Accel-Buffering': 'no' });
  koa.body = body;
  body.write(': open\n\n');
  // Whoever left while the stream was being prepared has been announced already.
  if (koa.res.destroyed || closing.aborted) end();
  return {
    end,
    send: (event, data, id) => {
      if (ended) return;
      body.write(
        `${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`,
      );
    },
  };
}
