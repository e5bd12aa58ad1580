import { z } from 'zod';
import { callRegistries } from '../../../db/schema/call-registries.ts';
import { operation } from '../../operation.ts';
import { refuseDuplicate } from '../../unique.ts';
import { type CallRegistry, nameTaken, registryFields, usualMaxAgeMs } from './registry.ts';

/** A registry that the workspace will keep a copy of. Until its first import nobody of its country is dialed. */
export const createRegistry = operation({
  name: 'call_registry.create',
  scope: 'developer',
  input: z.object({ ...registryFields, maxAgeMs: registryFields.maxAgeMs.default(usualMaxAgeMs) }),
  audit: ({ name, country }, { id }: CallRegistry) => ({ target: id, details: { name, country } }),
  run: async (ctx, input): Promise<CallRegistry> => {
    const [registry] = await refuseDuplicate(
      ctx.db
        .insert(callRegistries)
        .values({ ...input, workspaceId: ctx.workspaceId })
        .returning(),
      { call_registries_name: nameTaken },
    );
    if (!registry) throw new Error('The insert of a registry returned nothing.');
    return registry;
  },
});
