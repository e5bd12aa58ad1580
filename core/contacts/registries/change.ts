import { z } from 'zod';
import { operation } from '../../operation.ts';
import { refuseDuplicate } from '../../unique.ts';
import { type CallRegistry, findRegistry, nameTaken, registryFields, updateRegistry } from './registry.ts';

/** Renames a registry, or says anew how old its copy may be: the next call is judged by it. */
export const changeRegistry = operation({
  name: 'call_registry.change',
  scope: 'developer',
  input: z.object({
    registryId: z.string(),
    name: registryFields.name.optional(),
    maxAgeMs: registryFields.maxAgeMs.optional(),
  }),
  audit: ({ registryId, ...fields }) => ({ target: registryId, details: fields }),
  run: async (ctx, { registryId, name, maxAgeMs }): Promise<CallRegistry> => {
    const registry = await findRegistry(ctx, registryId, { lock: true });
    const change = {
      ...(name === undefined ? {} : { name }),
      ...(maxAgeMs === undefined ? {} : { maxAgeMs }),
    };
    if (Object.keys(change).length === 0) return registry;
    return refuseDuplicate(updateRegistry(ctx, registry.id, change), { call_registries_name: nameTaken });
  },
});
