import { createServer } from 'node:http';
import { describe, expect, it } from 'vitest';
import { closeServer, listen } from '../../../control-plane/http/listen.ts';

/** Promise.withResolvers is not in Node 20. */
function deferred() {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve: () => resolve() };
}

describe('closing the server', () => {
  it('lets a request in work finish, and takes no new one', async () => {
    const entered = deferred();
    const finish = deferred();
    const server = createServer(async (_request, response) => {
      entered.resolve();
      await finish.promise;
      response.end('done');
    });
    const url = `http://127.0.0.1:${await listen(server, { HOST: '127.0.0.1', PORT: 0 })}`;
    const answer = fetch(url).then((response) => response.text());
    await entered.promise;
    const closed = closeServer(server, { graceMs: 20_000 });
    await expect(fetch(url)).rejects.toThrow();
    finish.resolve();
    expect(await answer).toBe('done');
    await closed;
  });

  it('cuts off a request that never ends', async () => {
    const server = createServer(() => undefined);
    const url = `http://127.0.0.1:${await listen(server, { HOST: '127.0.0.1', PORT: 0 })}`;
    const answer = fetch(url).catch(() => 'cut off');
    await new Promise((resolve) => server.once('request', resolve));
    await closeServer(server, { graceMs: 50 });
    expect(await answer).toBe('cut off');
  });
});
