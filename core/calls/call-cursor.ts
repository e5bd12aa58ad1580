import { z } from 'zod';
import { hmacSha256, sameText } from '../../platform/crypto.ts';
import { invalid } from '../errors.ts';
import type { Scope } from '../reports/measure.ts';
import type { Call } from './call.ts';

/** A place in the list of calls: right behind one of them, whatever comes in at the front. */
export interface CallPlace {
  readonly createdAt: Date;
  readonly id: string;
  /** Of the page that begins here. */
  readonly page: number;
}

const body = z.tuple([z.int().min(0).max(8.64e15), z.uuid(), z.int().min(2).max(10_000_000)]);

/** Where a list with these filters goes on behind a call. */
export function cursorAfter(
  secret: string,
  scope: Scope,
  { createdAt, id }: Pick<Call, 'createdAt' | 'id'>,
  page: number,
): string {
  const text = JSON.stringify([createdAt.getTime(), id, page + 1] satisfies z.input<typeof body>);
  return `${Buffer.from(text).toString('base64url')}.${seal(secret, scope, text)}`;
}

/** Throws invalid for what is no cursor of this list. */
export function placeOf(secret: string, scope: Scope, cursor: string): CallPlace {
  const [encoded = '', sealed = ''] = cursor.split('.');
  const text = Buffer.from(encoded, 'base64url').toString();
  if (!sameText(sealed, seal(secret, scope, text)))
    throw invalid('cursor', 'is broken, or was given for other filters; begin with the first page again');
  const [at, id, page] = body.parse(JSON.parse(text));
  return { createdAt: new Date(at), id, page };
}

/** Binds a cursor to the workspace and the filters that it was given for. */
function seal(secret: string, { workspaceId, filter, startAt, endAt }: Scope, text: string): string {
  const given = Object.entries(filter)
    .filter(([, value]) => value !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const list = JSON.stringify([workspaceId, startAt ?? null, endAt ?? null, given]);
  return hmacSha256(secret, `call cursor\n${list}\n${text}`).slice(0, 22);
}
