import { z } from 'zod';
import { apiKeys } from '../../db/schema/api-keys.ts';
import { randomToken, sha256 } from '../../platform/crypto.ts';
import type { Actor } from '../context.ts';
import { DomainError } from '../errors.ts';
import { coversScope, type KeyScope, keyScopes } from '../key-scopes.ts';
import { operation } from '../operation.ts';
import { type ApiKey, withoutHash } from './api-key.ts';

const prefixLength = 10;

export interface NewApiKey {
  readonly apiKey: ApiKey;
  /** The key itself. It is not kept, and cannot be shown again. */
  readonly key: string;
}

/** Throws forbidden when a key with scopes asks for a key that may more than itself, or for one without scopes. */
export const createApiKey = operation({
  name: 'api_key.create',
  scope: 'admin',
  input: z.object({
    name: z.string().trim().min(1).max(200),
    role: z.enum(['member', 'developer', 'admin']),
    /** Left out or null: whatever the role may. */
    scopes: z.array(z.enum(keyScopes)).min(1).max(keyScopes.length).nullish(),
  }),
  audit: ({ name, role }, { apiKey }: NewApiKey) => ({
    target: apiKey.id,
    details: { name, role, scopes: apiKey.scopes },
  }),
  run: async (ctx, { name, role, scopes: asked }): Promise<NewApiKey> => {
    const scopes =
      asked === null || asked === undefined ? null : keyScopes.filter((one) => asked.includes(one));
    refuseMoreThanOwn(ctx.actor, scopes);
    const key = `tk_${randomToken()}`;
    const createdBy = ctx.actor.kind === 'user' || ctx.actor.kind === 'api-key' ? ctx.actor.userId : null;
    const [row] = await ctx.db
      .insert(apiKeys)
      .values({
        workspaceId: ctx.workspaceId,
        createdBy,
        name,
        role,
        scopes,
        prefix: key.slice(0, prefixLength),
        keyHash: sha256(key),
      })
      .returning();
    if (!row) throw new Error('The insert of an API key returned nothing.');
    return { apiKey: withoutHash(row), key };
  },
});

function refuseMoreThanOwn(actor: Actor, scopes: readonly KeyScope[] | null): void {
  if (actor.kind !== 'api-key' || actor.scopes === null) return;
  const own = actor.scopes;
  if (scopes === null)
    throw new DomainError(
      'forbidden',
      'A key with scopes makes only keys with scopes. Say which, in "scopes".',
    );
  const beyond = scopes.filter((one) => !coversScope(own, one));
  if (beyond.length > 0)
    throw new DomainError(
      'forbidden',
      `A key cannot make one that may more than itself. It lacks ${beyond.join(', ')}.`,
    );
}
