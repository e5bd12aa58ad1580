import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test, vi } from 'vitest';

afterEach(() => {
  vi.unstubAllGlobals();
  vi.resetModules();
});

/** A server whose access token has expired, and how often it was renewed. */
function expired(): { refreshes: number } {
  const server = { refreshes: 0 };
  vi.stubGlobal('fetch', async (path: string) => {
    const isRefresh = path === '/auth/refresh';
    const status = isRefresh || server.refreshes > 0 ? 200 : 401;
    await sleep(5);
    if (isRefresh) server.refreshes++;
    return Response.json({ path }, { status });
  });
  return server;
}

/** The page as one tab has it. */
async function tab() {
  vi.resetModules();
  return (await import('./api.ts')).send;
}

function locks() {
  let last: Promise<unknown> = Promise.resolve();
  const request = (_name: string, run: () => Promise<unknown>) => {
    last = last.then(run, run);
    return last;
  };
  return { request };
}

test('tabs that find their sign-in expired at the same moment renew it once', async () => {
  vi.stubGlobal('navigator', { locks: locks() });
  const server = expired();
  const [one, other] = [await tab(), await tab()];
  expect(await Promise.all([one('/emails'), other('/emails'), one('/auth/me')])).toEqual([
    { path: '/emails' },
    { path: '/emails' },
    { path: '/auth/me' },
  ]);
  expect(server.refreshes).toBe(1);
});

test('a tab without locks renews it once, however much it asks', async () => {
  vi.stubGlobal('navigator', {});
  const server = expired();
  const send = await tab();
  await Promise.all([send('/emails'), send('/auth/me')]);
  expect(server.refreshes).toBe(1);
});

test('a sign-in that is over is said so, and the next request is asked anew', async () => {
  vi.stubGlobal('navigator', {});
  vi.stubGlobal('fetch', async () => Response.json({ detail: 'Sign in again.' }, { status: 401 }));
  const send = await tab();
  await expect(send('/emails')).rejects.toMatchObject({ status: 401, message: 'Sign in again.' });
  expired();
  expect(await send('/emails')).toEqual({ path: '/emails' });
});
