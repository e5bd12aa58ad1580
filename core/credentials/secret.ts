import { z } from 'zod';
import { hmacSha256 } from '../../platform/crypto.ts';

/** Credentials as what they are used for. Pure: the worker reads this file too. */

const text = (what: string) => z.string().min(1, `${what} must not be empty`).max(8_000);
export const headerNamePattern = /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$/;
export const headerValuePattern = /^[\t\x20-\x7e\x80-\xff]*$/;
const headerName = z.string().regex(headerNamePattern, 'not the name of a header');
/** What ends a header early would let a secret write other headers. */
const headerValue = (what: string) =>
  text(what).regex(headerValuePattern, 'must be one line of plain characters');

export const secret = z.discriminatedUnion('kind', [
  /** `Authorization: Bearer …` */
  z.object({ kind: z.literal('bearer'), token: headerValue('the token') }),
  z.object({ kind: z.literal('header'), header: headerName, value: headerValue('the value') }),
  /** `Authorization: Basic …` (RFC 7617) */
  z.object({ kind: z.literal('basic'), username: text('the user name'), password: z.string().max(8_000) }),
  /** A signature of every request instead of a secret in it; see `headersFor`. */
  z.object({
    kind: z.literal('hmac'),
    key: text('the key'),
    header: headerName.default('x-trunkline-signature'),
  }),
]);
export type Secret = z.output<typeof secret>;

/**
 * Headers that carry a credential. hmac: `t=<Unix seconds>,v1=<hex HMAC-SHA-256 of "<t>.<signed>">`, where `signed` is
 * the body, or for a request without one its path with the query.
 */
export function headersFor(given: Secret, signed: string, at = Date.now()): Record<string, string> {
  switch (given.kind) {
    case 'bearer':
      return { authorization: `Bearer ${given.token}` };
    case 'header':
      return { [given.header.toLowerCase()]: given.value };
    case 'basic':
      return {
        authorization: `Basic ${Buffer.from(`${given.username}:${given.password}`).toString('base64')}`,
      };
    case 'hmac': {
      const seconds = Math.floor(at / 1_000);
      const signature = hmacSha256(given.key, `${seconds}.${signed}`);
      return { [given.header.toLowerCase()]: `t=${seconds},v1=${signature}` };
    }
  }
}
