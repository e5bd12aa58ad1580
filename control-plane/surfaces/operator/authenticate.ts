import type Koa from 'koa';
import type { Services } from '../../../core/context.ts';
import { DomainError } from '../../../core/errors.ts';
import { identifyByApiKey, identifyByToken, identifyLeaver } from '../../../core/users/index.ts';
import { bearerToken } from '../../http/bearer.ts';
import { readCookie } from '../../http/cookies.ts';
import type { Caller } from '../../http/route.ts';
import { isForeignWrite } from '../../http/security.ts';

export const accessCookie = 'access_token';
export const refreshCookie = 'refresh_token';

/** X-API-Key, then Authorization: Bearer, then the cookie; the first one that is there decides. */
export async function authenticate(koa: Koa.Context, services: Services): Promise<Caller> {
  const key = koa.get('X-API-Key');
  if (key !== '') return identifyByApiKey(services, key);
  const bearer = bearerToken(koa);
  if (bearer !== undefined) return identifyByToken(services, bearer);
  const cookie = readCookie(koa, accessCookie);
  if (cookie === undefined) throw new DomainError('unauthenticated', 'Sign in or send an API key.');
  refuseForeignWrite(koa, services.publicUrl);
  return identifyByToken(services, cookie);
}

/**
 * The same for signing out: somebody whose access token has expired, or is gone, has a sign-in to end all the same. The
 * body is not read yet, so a refresh token alone counts as the cookie only.
 */
export async function authenticateLeaver(koa: Koa.Context, services: Services): Promise<Caller> {
  try {
    return await authenticate(koa, services);
  } catch (error) {
    const isLapsed = error instanceof DomainError && error.code === 'unauthenticated';
    if (!isLapsed || koa.get('X-API-Key') !== '') throw error;
    const bearer = bearerToken(koa);
    if (bearer === undefined) refuseForeignWrite(koa, services.publicUrl);
    const leaver = await identifyLeaver(services, {
      accessToken: bearer ?? readCookie(koa, accessCookie),
      refreshToken: readCookie(koa, refreshCookie),
    });
    if (leaver === null) throw error;
    return leaver;
  }
}

/** A cookie travels by itself, so a write that lives on one must come from our own pages (CSRF). */
export function refuseForeignWrite(koa: Koa.Context, publicUrl: string): void {
  if (isForeignWrite(koa, publicUrl))
    throw new DomainError(
      'forbidden',
      'This request comes from another site. Send an API key or a bearer token instead of the cookie.',
    );
}
