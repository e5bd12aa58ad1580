import cors from '@koa/cors';
import type Koa from 'koa';
import helmet from 'koa-helmet';

/** Security headers that fit the API, the documents and the visitor page (its microphone, its socket to LiveKit). */
export function securityHeaders({
  publicUrl,
  livekitUrl,
}: {
  publicUrl: string;
  livekitUrl: string;
}): Koa.Middleware {
  const secure = publicUrl.startsWith('https:');
  const headers = helmet({
    contentSecurityPolicy: {
      // Not the defaults: `upgrade-insecure-requests` breaks a page served over plain HTTP on a local network.
      useDefaults: false,
      directives: {
        defaultSrc: ["'self'"],
        baseUri: ["'self'"],
        connectSrc: ["'self'", livekitUrl, livekitUrl.replace(/^ws/, 'http')],
        fontSrc: ["'self'", 'data:'],
        formAction: ["'self'"],
        frameAncestors: ["'self'"],
        imgSrc: ["'self'", 'data:'],
        mediaSrc: ["'self'", 'blob:'],
        objectSrc: ["'none'"],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'", "'unsafe-inline'"],
        workerSrc: ["'self'", 'blob:'],
      },
    },
    hsts: secure ? { maxAge: 15_552_000, includeSubDomains: false } : false,
    // Answers are read by other origins with a key; the page embeds nothing foreign.
    crossOriginResourcePolicy: { policy: 'cross-origin' },
    originAgentCluster: false,
  });
  return async (koa, next) => {
    koa.set('Permissions-Policy', 'microphone=(self), camera=(), geolocation=()');
    await headers(koa, next);
  };
}

/**
 * Any origin may call with a key or a bearer token. Credentials are never allowed across origins, so a cookie only
 * works on our own pages.
 */
export function crossOrigin(): Koa.Middleware {
  return cors({
    origin: '*',
    allowMethods: 'GET,HEAD,POST,PUT,PATCH,DELETE',
    allowHeaders: ['Authorization', 'Content-Type', 'X-API-Key', 'X-Request-Id'],
    exposeHeaders: ['X-Request-Id', 'Retry-After'],
    maxAge: 600,
  });
}

const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Whether a browser says that another origin sent this changing request (CSRF). Browsers always send Origin or
 * Sec-Fetch-Site with these; programs send neither, and they do not carry somebody else's cookie.
 */
export function isForeignWrite(koa: Koa.Context, publicUrl: string): boolean {
  if (safeMethods.has(koa.method)) return false;
  const site = koa.get('Sec-Fetch-Site');
  if (site !== '' && site !== 'same-origin' && site !== 'none') return true;
  const origin = koa.get('Origin');
  if (origin === '') return false;
  const host = URL.canParse(origin) ? new URL(origin).host : null;
  return host === null || (host !== koa.host && host !== new URL(publicUrl).host);
}
