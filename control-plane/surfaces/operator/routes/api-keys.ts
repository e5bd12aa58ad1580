import { z } from 'zod';
import { createApiKey, listApiKeys, revokeApiKey } from '../../../../core/api-keys/index.ts';
import type { Context } from '../../../../core/context.ts';
import { DomainError } from '../../../../core/errors.ts';
import { keyScopes } from '../../../../core/key-scopes.ts';
import { idParams } from '../../../http/params.ts';
import { route } from '../../../http/route.ts';
import { presentApiKey } from '../presenters/account.ts';
import { apiKeyOut } from '../schemas/account.ts';

const path = '/workspaces/{id}/api-keys';

/** The path names the workspace, and the caller acts in one: they must be the same. */
function requireActive(ctx: Context, workspaceId: string): void {
  if (ctx.workspaceId !== workspaceId.toLowerCase())
    throw new DomainError('not_found', 'Workspace not found, or not the active one: switch to it first.');
}

const list = route({
  method: 'get',
  path,
  operationId: 'listApiKeys',
  summary: 'The API keys of the workspace, revoked ones too',
  auth: 'admin',
  status: 200,
  params: idParams,
  returns: z.array(apiKeyOut),
  handle: async ({ ctx, params }) => {
    requireActive(ctx, params.id);
    return (await listApiKeys(ctx, {})).map(presentApiKey);
  },
});

const create = route({
  method: 'post',
  path,
  operationId: 'createApiKey',
  summary: 'Make an API key; the key itself is shown this once',
  auth: 'admin',
  keyScope: 'workspace:write',
  status: 201,
  params: idParams,
  body: z
    .object({
      name: z.string().trim().min(1, 'must not be empty').max(200),
      role: z.enum(['member', 'developer', 'admin']).default('developer'),
      scopes: z
        .array(z.enum(keyScopes))
        .min(1, 'must name at least one')
        .max(keyScopes.length)
        .nullable()
        .optional()
        .meta({ description: 'What the key is confined to; left out or null: whatever its role may.' }),
    })
    .meta({ id: 'ApiKeyCreate' }),
  returns: apiKeyOut.extend({ key: z.string() }).meta({ id: 'NewApiKey' }),
  handle: async ({ ctx, params, body, koa }) => {
    requireActive(ctx, params.id);
    const { apiKey, key } = await createApiKey(ctx, body);
    koa.set('Cache-Control', 'no-store');
    return { ...presentApiKey(apiKey), key };
  },
});

const revoke = route({
  method: 'delete',
  path: `${path}/{key_id}`,
  operationId: 'revokeApiKey',
  summary: 'Revoke an API key',
  auth: 'admin',
  status: 204,
  params: idParams.extend({ key_id: z.uuid() }),
  handle: async ({ ctx, params }) => {
    requireActive(ctx, params.id);
    await revokeApiKey(ctx, { apiKeyId: params.key_id });
    return undefined;
  },
});

export const apiKeyRoutes = [list, create, revoke];
