import { eq } from 'drizzle-orm';
import { z } from 'zod';
import { refreshTokens } from '../../db/schema/refresh-tokens.ts';
import { sha256 } from '../../platform/crypto.ts';
import { operation } from '../operation.ts';
import { revokeFamily } from './refresh-session.ts';

/** Ends the sign-in that a refresh token belongs to. Without one, or with an unknown one, there is nothing to end. */
export const logOut = operation({
  name: 'user.log_out',
  scope: 'public',
  input: z.object({ refreshToken: z.string().max(500).optional() }),
  run: async (ctx, { refreshToken }): Promise<void> => {
    if (!refreshToken) return;
    const [token] = await ctx.db
      .select({ familyId: refreshTokens.familyId })
      .from(refreshTokens)
      .where(eq(refreshTokens.tokenHash, sha256(refreshToken)));
    if (token) await revokeFamily(ctx.db, token.familyId);
  },
});
