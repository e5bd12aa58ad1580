import type Koa from 'koa';
import type { Context } from '../../../core/context.ts';
import type { AccessSession, Session } from '../../../core/users/index.ts';
import { setCookie } from '../../http/cookies.ts';
import { accessCookie, refreshCookie } from './authenticate.ts';

/** The refresh token goes only where it is needed. */
const refreshPath = '/auth';

/** Browsers drop Secure cookies that come over plain HTTP, so they are Secure exactly where the product is on HTTPS. */
const isSecure = (ctx: Context): boolean => ctx.services.publicUrl.startsWith('https:');

export function setAccessCookie(ctx: Context, koa: Koa.Context, session: AccessSession): void {
  koa.set('Cache-Control', 'no-store');
  setCookie(koa, accessCookie, session.accessToken, {
    path: '/',
    maxAgeMs: session.accessTtlMs,
    secure: isSecure(ctx),
  });
}

export function setRefreshCookie(ctx: Context, koa: Koa.Context, session: Session): void {
  setCookie(koa, refreshCookie, session.refreshToken, {
    path: refreshPath,
    maxAgeMs: session.refreshTtlMs,
    secure: isSecure(ctx),
  });
}

export function clearCookies(ctx: Context, koa: Koa.Context): void {
  const secure = isSecure(ctx);
  setCookie(koa, accessCookie, '', { path: '/', maxAgeMs: 0, secure });
  setCookie(koa, refreshCookie, '', { path: refreshPath, maxAgeMs: 0, secure });
}
