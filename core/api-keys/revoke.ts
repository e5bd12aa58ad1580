import { and, eq, sql } from 'drizzle-orm';
import { z } from 'zod';
import { apiKeys } from '../../db/schema/api-keys.ts';
import { isUuid } from '../../platform/ids.ts';
import { notFound } from '../errors.ts';
import { operation } from '../operation.ts';
import { forgetKeys } from '../users/known-keys.ts';
import { withoutHash } from './api-key.ts';

/** The key stops working with the commit; in other processes within a second. Revoking it again changes nothing. */
export const revokeApiKey = operation({
  name: 'api_key.revoke',
  scope: 'admin',
  input: z.object({ apiKeyId: z.string() }),
  audit: ({ apiKeyId }) => ({ target: apiKeyId }),
  committed: ({ services }) => forgetKeys(services.db),
  run: async (ctx, { apiKeyId }) => {
    const [row] = isUuid(apiKeyId)
      ? await ctx.db
          .update(apiKeys)
          .set({ revokedAt: sql`coalesce(${apiKeys.revokedAt}, now())` })
          .where(and(eq(apiKeys.id, apiKeyId), eq(apiKeys.workspaceId, ctx.workspaceId)))
          .returning()
      : [];
    if (!row) throw notFound('API key');
    return withoutHash(row);
  },
});
