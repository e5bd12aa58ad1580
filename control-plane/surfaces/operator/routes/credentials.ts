import { z } from 'zod';
import {
  type Credential,
  createCredential,
  deleteCredential,
  listCredentials,
  replaceCredential,
} from '../../../../core/credentials/index.ts';
import { secret } from '../../../../core/credentials/secret.ts';
import { idParams } from '../../../http/params.ts';
import { route } from '../../../http/route.ts';

const credentialOut = z
  .object({
    id: z.uuid(),
    workspace_id: z.uuid(),
    name: z.string(),
    kind: z.enum(['bearer', 'header', 'basic', 'hmac']),
    created_at: z.iso.datetime(),
    updated_at: z.iso.datetime(),
  })
  .meta({ id: 'Credential' });

const presentCredential = (row: Credential): z.input<typeof credentialOut> => ({
  id: row.id,
  workspace_id: row.workspaceId,
  name: row.name,
  kind: row.kind,
  created_at: row.createdAt.toISOString(),
  updated_at: row.updatedAt.toISOString(),
});

const secretIn = secret.meta({
  id: 'CredentialSecret',
  description: 'Kept sealed, and never shown again.',
});

const list = route({
  method: 'get',
  path: '/credentials',
  operationId: 'listCredentials',
  summary: 'What functions and tool servers are called with, without the secrets',
  auth: 'developer',
  status: 200,
  returns: z.array(credentialOut),
  handle: async ({ ctx }) => (await listCredentials(ctx, {})).map(presentCredential),
});

const create = route({
  method: 'post',
  path: '/credentials',
  operationId: 'createCredential',
  summary: 'Keep a secret under a name that agents can refer to',
  auth: 'admin',
  keyScope: 'credentials:write',
  status: 201,
  errors: [409],
  body: z.object({ name: z.string(), secret: secretIn }).meta({ id: 'CredentialCreate' }),
  returns: credentialOut,
  handle: async ({ ctx, body }) => presentCredential(await createCredential(ctx, body)),
});

const replace = route({
  method: 'put',
  path: '/credentials/{id}',
  operationId: 'replaceCredential',
  summary: 'Give a credential another secret',
  auth: 'admin',
  keyScope: 'credentials:write',
  status: 200,
  params: idParams,
  body: z.object({ secret: secretIn }).meta({ id: 'CredentialReplace' }),
  returns: credentialOut,
  handle: async ({ ctx, params, body }) =>
    presentCredential(await replaceCredential(ctx, { credentialId: params.id, secret: body.secret })),
});

const remove = route({
  method: 'delete',
  path: '/credentials/{id}',
  operationId: 'deleteCredential',
  summary: 'Forget a credential that no agent uses',
  auth: 'admin',
  status: 204,
  errors: [409],
  params: idParams,
  handle: async ({ ctx, params }) => {
    await deleteCredential(ctx, { credentialId: params.id });
    return undefined;
  },
});

export const credentialRoutes = [list, create, replace, remove];
