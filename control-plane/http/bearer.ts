import type Koa from 'koa';
import { sameText } from '../../platform/crypto.ts';

/** The token of `Authorization: Bearer …`; undefined when there is none. */
export const bearerToken = (koa: Koa.Context): string | undefined =>
  /^Bearer +(.+)$/i.exec(koa.get('Authorization'))?.[1];

/** Whether the request carries exactly this secret, compared in constant time. */
export const bearsSecret = (koa: Koa.Context, secret: string): boolean =>
  sameText(bearerToken(koa) ?? '', secret);
