import { z } from 'zod';
import {
  type CallRegistry,
  changeRegistry,
  createRegistry,
  deleteRegistry,
  getRegistry,
  listRegistries,
  receiveRegistry,
  registryFields,
  registryFileBytes,
} from '../../../../core/contacts/index.ts';
import { HttpError } from '../../../http/errors.ts';
import { receiveFiles } from '../../../http/multipart.ts';
import { idParams } from '../../../http/params.ts';
import { route } from '../../../http/route.ts';
import { moment } from '../schemas/moment.ts';
import { numberFile } from '../schemas/number-file.ts';

const wireNames = { maxAgeMs: 'max_age_ms', fetchedAt: 'fetched_at' };

const registryOut = z
  .object({
    id: z.uuid(),
    name: z.string(),
    country: z.string(),
    state: z.enum(['empty', 'importing', 'ready', 'failed']).meta({
      description: 'Of the last upload. importing and failed: the copy before it still counts.',
    }),
    error: z.string().nullable(),
    version: z.number().int().meta({ description: '0: none has come in yet.' }),
    numbers: z.number().int(),
    fetched_at: z.iso
      .datetime()
      .nullable()
      .meta({ description: 'When the copy that counts was downloaded.' }),
    max_age_ms: z.number().int(),
    valid_until: z.iso.datetime().nullable(),
    in_force: z.boolean().meta({
      description: 'false: there is no copy, or it is too old, and nobody of this country is dialed.',
    }),
    created_at: z.iso.datetime(),
    updated_at: z.iso.datetime(),
  })
  .meta({ id: 'CallRegistry' });

function presentRegistry(row: CallRegistry): z.input<typeof registryOut> {
  const validUntil = row.fetchedAt === null ? null : new Date(row.fetchedAt.getTime() + row.maxAgeMs);
  return {
    ...{ id: row.id, name: row.name, country: row.country, state: row.state, error: row.error },
    ...{ version: row.version, numbers: row.entryCount, max_age_ms: row.maxAgeMs },
    fetched_at: row.fetchedAt?.toISOString() ?? null,
    valid_until: validUntil?.toISOString() ?? null,
    in_force: validUntil !== null && validUntil.getTime() > Date.now(),
    created_at: row.createdAt.toISOString(),
    updated_at: row.updatedAt.toISOString(),
  };
}

const { name, country, maxAgeMs } = registryFields;

const list = route({
  method: 'get',
  path: '/call-registries',
  operationId: 'listCallRegistries',
  summary: 'Public do-not-call registries that the workspace keeps a copy of',
  auth: 'member',
  status: 200,
  returns: z.array(registryOut),
  handle: async ({ ctx }) => (await listRegistries(ctx, {})).map(presentRegistry),
});

const create = route({
  method: 'post',
  path: '/call-registries',
  operationId: 'createCallRegistry',
  summary: 'Keep to a registry: until its first upload is in, nobody of its country is dialed',
  auth: 'developer',
  keyScope: 'campaigns:write',
  status: 201,
  errors: [409],
  body: z
    .object({
      name,
      country: country.meta({ description: 'ISO 3166: whose numbers it is about.' }),
      max_age_ms: maxAgeMs.optional().meta({ description: 'How old a copy may be; 31 days.' }),
    })
    .meta({ id: 'CallRegistryCreate' }),
  returns: registryOut,
  wireNames,
  handle: async ({ ctx, body: { max_age_ms, ...body } }) =>
    presentRegistry(
      await createRegistry(ctx, { ...body, ...(max_age_ms === undefined ? {} : { maxAgeMs: max_age_ms }) }),
    ),
});

const get = route({
  method: 'get',
  path: '/call-registries/{id}',
  operationId: 'getCallRegistry',
  summary: 'A registry, and how its last upload went',
  auth: 'member',
  status: 200,
  params: idParams,
  returns: registryOut,
  handle: async ({ ctx, params }) => presentRegistry(await getRegistry(ctx, { registryId: params.id })),
});

const change = route({
  method: 'patch',
  path: '/call-registries/{id}',
  operationId: 'changeCallRegistry',
  summary: 'Rename a registry, or say anew how old its copy may be',
  auth: 'developer',
  keyScope: 'campaigns:write',
  status: 200,
  errors: [409],
  params: idParams,
  body: z
    .object({ name: name.optional(), max_age_ms: maxAgeMs.optional() })
    .meta({ id: 'CallRegistryChange' }),
  returns: registryOut,
  wireNames,
  handle: async ({ ctx, params, body: { max_age_ms, ...body } }) =>
    presentRegistry(await changeRegistry(ctx, { registryId: params.id, ...body, maxAgeMs: max_age_ms })),
});

const remove = route({
  method: 'delete',
  path: '/call-registries/{id}',
  operationId: 'deleteCallRegistry',
  summary: 'Forget a registry and its numbers: it stops nobody any more',
  auth: 'admin',
  status: 204,
  params: idParams,
  handle: async ({ ctx, params }) => {
    await deleteRegistry(ctx, { registryId: params.id });
    return undefined;
  },
});

const upload = route({
  method: 'post',
  path: '/call-registries/{id}/import',
  operationId: 'importCallRegistry',
  summary: 'Upload a download of the registry; it is imported by a job',
  description: `At most ${registryFileBytes / 1024 ** 3} GB. It counts when it has come in whole (\`state\` ready); a row that holds no number, beyond a header, fails the whole, and the copy before it goes on counting.`,
  auth: 'developer',
  keyScope: 'campaigns:write',
  status: 202,
  params: idParams,
  query: z.object({
    fetched_at: moment('start')
      .optional()
      .meta({ type: 'string', description: 'When it was downloaded; now when left out.' }),
  }),
  body: numberFile,
  bodyAs: 'stream',
  accepts: ['multipart/form-data'],
  returns: registryOut,
  wireNames,
  handle: async ({ ctx, params, query, koa }) => {
    // Before gigabytes are sent.
    await getRegistry(ctx, { registryId: params.id });
    const [registry] = await receiveFiles(koa, {
      ...{ maxFiles: 1, maxBytes: registryFileBytes + 1_048_576 },
      keep: (_name, source) =>
        receiveRegistry(ctx, {
          ...{ registryId: params.id, fetchedAt: query.fetched_at ?? new Date(), source },
        }),
      drop: async () => undefined,
    });
    if (!registry) throw new HttpError(400, 'There is no file in the body.');
    return presentRegistry(registry);
  },
});

export const callRegistryRoutes = [list, create, get, change, remove, upload];
