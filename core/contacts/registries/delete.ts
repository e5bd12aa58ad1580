import { eq } from 'drizzle-orm';
import { z } from 'zod';
import { callRegistries } from '../../../db/schema/call-registries.ts';
import { callRegistryNumbers } from '../../../db/schema/call-registry-numbers.ts';
import { operation } from '../../operation.ts';
import { findRegistry } from './registry.ts';

/**
 * Forgets a registry and its numbers: whoever is on it may be dialed from now on. What was decided by it stays decided.
 */
export const deleteRegistry = operation({
  name: 'call_registry.delete',
  scope: 'admin',
  input: z.object({ registryId: z.string() }),
  audit: ({ registryId }, { name, country }: { name: string; country: string }) => ({
    target: registryId,
    details: { name, country },
  }),
  run: async (ctx, { registryId }): Promise<{ name: string; country: string }> => {
    const { id, name, country, nextUpload } = await findRegistry(ctx, registryId, { lock: true });
    if (nextUpload !== null) await ctx.emit('remove-blobs', { keys: [nextUpload] });
    await ctx.db.delete(callRegistries).where(eq(callRegistries.id, id));
    await ctx.db.delete(callRegistryNumbers).where(eq(callRegistryNumbers.registryId, id));
    return { name, country };
  },
});
