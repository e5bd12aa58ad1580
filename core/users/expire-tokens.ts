import { lt, sql } from 'drizzle-orm';
import { z } from 'zod';
import { emailTokens } from '../../db/schema/email-tokens.ts';
import { operation } from '../operation.ts';

/** So long an answer to a token can still say that it is too old, and not that it is unknown. */
const keepMs = 86_400_000;

/**
 * Removes tokens that nobody can use any more. Of a sign-in that goes on the first one stays: it says since when.
 * Answers how many.
 */
export const expireTokens = operation({
  name: 'user.expire_tokens',
  scope: 'system',
  input: z.object({}),
  run: async (ctx): Promise<number> => {
    const before = new Date(Date.now() - keepMs);
    const mailed = await ctx.db.delete(emailTokens).where(lt(emailTokens.expiresAt, before));
    const at = before.toISOString();
    const refresh = await ctx.db.execute(sql`
      delete from refresh_tokens t where t.expires_at < ${at} and (
        exists (select 1 from refresh_tokens o where o.family_id = t.family_id and o.created_at < t.created_at)
        or not exists (select 1 from refresh_tokens o where o.family_id = t.family_id and o.expires_at >= ${at}))`);
    return (mailed.rowCount ?? 0) + (refresh.rowCount ?? 0);
  },
});
