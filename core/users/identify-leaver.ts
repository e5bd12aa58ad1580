import { eq } from 'drizzle-orm';
import { refreshTokens } from '../../db/schema/refresh-tokens.ts';
import { sha256 } from '../../platform/crypto.ts';
import type { Services } from '../context.ts';
import type { Identity } from './identity.ts';
import { ownerOfAccessToken } from './tokens.ts';

/**
 * Who signs out with what opens nothing any more: an access token that has expired, or the refresh token alone. For
 * signing out only. Null: neither is of ours.
 */
export async function identifyLeaver(
  services: Services,
  { accessToken, refreshToken }: { accessToken: string | undefined; refreshToken: string | undefined },
): Promise<Identity | null> {
  const userId =
    (accessToken === undefined ? null : await ownerOfAccessToken(services, accessToken)) ??
    (refreshToken === undefined ? null : await ownerOfRefreshToken(services, refreshToken));
  return userId === null ? null : { actor: { kind: 'user', userId }, workspaceId: null, role: null };
}

async function ownerOfRefreshToken({ db }: Services, token: string): Promise<string | null> {
  const [row] = await db
    .select({ userId: refreshTokens.userId })
    .from(refreshTokens)
    .where(eq(refreshTokens.tokenHash, sha256(token)));
  return row?.userId ?? null;
}
