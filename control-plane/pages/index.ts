import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type Koa from 'koa';
import { stateOf } from '../http/request-log.ts';
import { landingPage, notBuiltPage } from './static-pages.ts';

/**
 * The built pages (a visitor's call, the ends of mailed links, the outbox, the latency), their files under /assets, and
 * a landing page.
 */
export function visitorPages({ pagesDir, demo }: { pagesDir: string; demo: boolean }): Koa.Middleware {
  return async (koa, next) => {
    if (koa.method !== 'GET' && koa.method !== 'HEAD') return next();
    if (koa.path === '/') return sendHtml(koa, 'getLandingPage', 200, landingPage({ demo }));
    if (koa.path === '/favicon.ico') {
      koa.status = 204;
      return;
    }
    if (/^\/talk\/[^/]+\/?$/.test(koa.path)) return sendPage(koa, pagesDir, 'talk');
    if (/^\/account\/(verify-email|reset-password|accept-invitation)\/?$/.test(koa.path))
      return sendPage(koa, pagesDir, 'account');
    if (/^\/outbox\/?$/.test(koa.path)) return sendPage(koa, pagesDir, 'outbox');
    if (/^\/latency\/?$/.test(koa.path)) return sendPage(koa, pagesDir, 'latency');
    if (koa.path.startsWith('/assets/')) {
      if (await sendAsset(koa, pagesDir)) return;
    }
    return next();
  };
}

function sendHtml(koa: Koa.Context, operationId: string, status: number, html: string): void {
  Object.assign(stateOf(koa), { surface: 'pages', operationId });
  koa.status = status;
  koa.type = 'text/html; charset=utf-8';
  koa.set('Cache-Control', 'no-cache');
  koa.body = html;
}

const operationIds = {
  talk: 'getTalkPage',
  account: 'getAccountPage',
  outbox: 'getOutboxPage',
  latency: 'getLatencyPage',
} as const;

async function sendPage(koa: Koa.Context, pagesDir: string, page: keyof typeof operationIds): Promise<void> {
  const html = await readFile(join(pagesDir, page, 'index.html'), 'utf8').catch(() => undefined);
  // The address of a mailed link is its key: no other site is to learn it.
  koa.set('Referrer-Policy', 'no-referrer');
  sendHtml(koa, operationIds[page], html === undefined ? 503 : 200, html ?? notBuiltPage);
}

const assetTypes: Record<string, string> = {
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  json: 'application/json',
  map: 'application/json',
  png: 'image/png',
  svg: 'image/svg+xml',
  wasm: 'application/wasm',
  woff2: 'font/woff2',
};

/** Vite puts a hash into every name, so a file never changes. Only plain names are served: no way out of the folder. */
async function sendAsset(koa: Koa.Context, pagesDir: string): Promise<boolean> {
  const name = koa.path.slice('/assets/'.length);
  const type = assetTypes[name.split('.').at(-1) ?? ''];
  if (type === undefined || !/^[\w-][\w.-]*$/.test(name)) return false;
  const file = join(pagesDir, 'assets', name);
  const info = await stat(file).catch(() => undefined);
  if (!info?.isFile()) return false;
  Object.assign(stateOf(koa), { surface: 'pages', operationId: 'getAsset' });
  koa.type = type;
  koa.length = info.size;
  koa.set('Cache-Control', 'public, max-age=31536000, immutable');
  koa.body = createReadStream(file);
  return true;
}
