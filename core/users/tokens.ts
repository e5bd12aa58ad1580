import { jwtVerify, SignJWT } from 'jose';
import { z } from 'zod';
import { newId } from '../../platform/ids.ts';
import type { Role, Services } from '../context.ts';
import { DomainError } from '../errors.ts';

export const accessTtlMs = 15 * 60_000;
export const refreshTtlMs = 30 * 24 * 3_600_000;

const issuer = 'trunkline';

const claims = z.object({
  sub: z.uuid(),
  ws: z.uuid().nullable(),
  /** Issued at, epoch ms: `iat` counts whole seconds, too coarse for "everything before this moment is void". */
  at: z.number(),
});
export type AccessClaims = z.output<typeof claims>;

/**
 * An access token (HS256). The role in it is for the reader's information only: whoever presents the token gets the
 * role that the database says at that moment. It is issued after `validAfter`, up to which everything is void, also
 * within the same millisecond.
 */
export async function issueAccessToken(
  services: Pick<Services, 'authSecret'>,
  to: { userId: string; workspaceId: string | null; role: Role | null; validAfter: Date | null },
): Promise<string> {
  const { userId, workspaceId, role, validAfter } = to;
  const now = Math.max(Date.now(), validAfter === null ? 0 : validAfter.getTime() + 1);
  const nowSeconds = Math.floor(now / 1_000);
  return new SignJWT({ ws: workspaceId, role, at: now })
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .setIssuer(issuer)
    .setSubject(userId)
    .setJti(newId())
    .setIssuedAt(nowSeconds)
    .setExpirationTime(nowSeconds + accessTtlMs / 1_000)
    .sign(keyOf(services));
}

/** Throws unauthenticated for anything but a valid, unexpired token of ours. */
export async function readAccessToken(
  services: Pick<Services, 'authSecret'>,
  token: string,
): Promise<AccessClaims> {
  try {
    const { payload } = await jwtVerify(token, keyOf(services), { algorithms: ['HS256'], issuer });
    return claims.parse(payload);
  } catch (error) {
    throw new DomainError('unauthenticated', 'The access token is not valid or has expired.', {
      cause: error,
    });
  }
}

/** Whose access token it was, also when it has expired; null for what is no token of ours. */
export async function ownerOfAccessToken(
  services: Pick<Services, 'authSecret'>,
  token: string,
): Promise<string | null> {
  try {
    // Nothing has expired at the beginning of time.
    const currentDate = new Date(0);
    const { payload } = await jwtVerify(token, keyOf(services), {
      algorithms: ['HS256'],
      issuer,
      currentDate,
    });
    return claims.parse(payload).sub;
  } catch {
    return null;
  }
}

function keyOf({ authSecret }: Pick<Services, 'authSecret'>): Uint8Array {
  // An empty secret would sign happily, and anybody could forge tokens.
  if (authSecret === '') throw new Error('AUTH_SECRET is not set.');
  return new TextEncoder().encode(authSecret);
}
