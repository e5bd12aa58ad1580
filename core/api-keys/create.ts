import { z } from 'zod';
import { apiKeys } from '../../db/schema/api-keys.ts';
import { randomToken, sha256 } from '../../platform/crypto.ts';
import { operation } from '../operation.ts';
import { type ApiKey, withoutHash } from './api-key.ts';

const prefixLength = 10;

export interface NewApiKey {
  readonly apiKey: ApiKey;
  /** The key itself. It is not kept, and cannot be shown again. */
  readonly key: string;
}

export const createApiKey = operation({
  name: 'api_key.create',
  scope: 'admin',
  input: z.object({
    name: z.string().trim().min(1).max(200),
    role: z.enum(['member', 'developer', 'admin']),
  }),
  audit: ({ name, role }, { apiKey }: NewApiKey) => ({ target: apiKey.id, details: { name, role } }),
  run: async (ctx, { name, role }): Promise<NewApiKey> => {
    const key = `tk_${randomToken()}`;
    const createdBy = ctx.actor.kind === 'user' || ctx.actor.kind === 'api-key' ? ctx.actor.userId : null;
    const [row] = await ctx.db
      .insert(apiKeys)
      .values({
        workspaceId: ctx.workspaceId,
        createdBy,
        name,
        role,
        prefix: key.slice(0, prefixLength),
        keyHash: sha256(key),
      })
      .returning();
    if (!row) throw new Error('The insert of an API key returned nothing.');
    return { apiKey: withoutHash(row), key };
  },
});
