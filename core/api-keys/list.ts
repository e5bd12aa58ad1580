import { asc, eq } from 'drizzle-orm';
import { z } from 'zod';
import { apiKeys } from '../../db/schema/api-keys.ts';
import { operation } from '../operation.ts';
import { withoutHash } from './api-key.ts';

/** The keys of the workspace, revoked ones too, oldest first. */
export const listApiKeys = operation({
  name: 'api_key.list',
  scope: 'admin',
  input: z.object({}),
  reads: true,
  run: async (ctx) => {
    const rows = await ctx.db
      .select()
      .from(apiKeys)
      .where(eq(apiKeys.workspaceId, ctx.workspaceId))
      .orderBy(asc(apiKeys.createdAt), asc(apiKeys.id));
    return rows.map(withoutHash);
  },
});
