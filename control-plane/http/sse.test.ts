import { once } from 'node:events';
import { createServer } from 'node:http';
import Koa from 'koa';
import { describe, expect, it, vi } from 'vitest';
import { closeServer, listen } from './listen.ts';
import { type EventStream, openEventStream } from './sse.ts';

async function serve(handle: (koa: Koa.Context) => unknown) {
  const app = new Koa();
  app.silent = true;
  app.use(async (koa) => void (await handle(koa)));
  const server = createServer(app.callback());
  const url = `http://127.0.0.1:${await listen(server, { HOST: '127.0.0.1', PORT: 0 })}`;
  return { url, [Symbol.asyncDispose]: () => closeServer(server, { graceMs: 50 }) };
}

const open = new AbortController().signal;

describe('an event stream', () => {
  it('sends what it is given until it is ended, and says so once', async () => {
    const onEnd = vi.fn();
    await using server = await serve((koa) => {
      const stream = openEventStream(koa, { closing: open, onEnd });
      stream.send('turn', { text: 'Hello' }, '1');
      stream.end();
      stream.end();
      stream.send('turn', { text: 'too late' });
    });
    const text = await (await fetch(server.url)).text();
    expect(text).toBe(': open\n\nid: 1\nevent: turn\ndata: {"text":"Hello"}\n\n');
    expect(onEnd).toHaveBeenCalledOnce();
  });

  it('ends when its client goes', async () => {
    const onEnd = vi.fn();
    await using server = await serve((koa) => openEventStream(koa, { closing: open, onEnd }));
    const abort = new AbortController();
    await fetch(server.url, { signal: abort.signal });
    expect(onEnd).not.toHaveBeenCalled();
    abort.abort();
    await expect.poll(() => onEnd.mock.calls.length).toBe(1);
  });

  it('for a client that had gone before it was opened ends at once', async () => {
    const onEnd = vi.fn();
    let stream: EventStream | undefined;
    await using server = await serve(async (koa) => {
      const gone = once(koa.res, 'close');
      koa.req.socket.destroy();
      await gone;
      stream = openEventStream(koa, { closing: open, onEnd });
    });
    await expect(fetch(server.url)).rejects.toThrow();
    await expect.poll(() => stream).toBeDefined();
    expect(onEnd).toHaveBeenCalledOnce();
  });

  it('of a server that is closing ends at once', async () => {
    const onEnd = vi.fn();
    await using server = await serve((koa) => openEventStream(koa, { closing: AbortSignal.abort(), onEnd }));
    expect(await (await fetch(server.url)).text()).toBe(': open\n\n');
    expect(onEnd).toHaveBeenCalledOnce();
  });
});
