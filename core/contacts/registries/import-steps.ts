import { and, eq, lt } from 'drizzle-orm';
import { z } from 'zod';
import { callRegistries } from '../../../db/schema/call-registries.ts';
import { callRegistryNumbers } from '../../../db/schema/call-registry-numbers.ts';
import type { OperationContext } from '../../context.ts';
import { words } from '../../fields.ts';
import { operation } from '../../operation.ts';
import { type CallRegistry, updateRegistry } from './registry.ts';

const ofRun = z.object({ registryId: z.uuid(), version: z.number().int() });

/** The registry if this version is the one that is awaited; locked. */
async function lockRun(
  ctx: OperationContext,
  { registryId, version }: z.output<typeof ofRun>,
): Promise<CallRegistry | null> {
  const [registry] = await ctx.db
    .select()
    .from(callRegistries)
    .where(eq(callRegistries.id, registryId))
    .for('update');
  return registry?.nextVersion === version && registry.state === 'importing' ? registry : null;
}

/** A run is about to read an upload. Null: there is nothing to do for it. */
export const beginRun = operation({
  name: 'call_registry.begin_run',
  scope: 'system',
  input: ofRun,
  run: async (ctx, run): Promise<CallRegistry | null> => {
    const registry = await lockRun(ctx, run);
    return registry && updateRegistry(ctx, registry.id, { updatedAt: new Date() });
  },
});

/** The version has come in whole and counts from the commit on, or it has failed and the one before it stays. */
export const endRun = operation({
  name: 'call_registry.end_run',
  scope: 'system',
  input: ofRun.extend({
    entryCount: z.number().int(),
    /** Null: it has come in whole. */
    error: words(1_000).nullable(),
  }),
  audit: ({ registryId, version, entryCount, error }) => ({
    target: registryId,
    details: { version, entryCount, error },
  }),
  run: async (ctx, { entryCount, error, ...run }): Promise<string> => {
    const registry = await lockRun(ctx, run);
    if (registry === null) return 'a newer one has come';
    const { id, nextUpload, nextFetchedAt } = registry;
    if (nextUpload !== null) await ctx.emit('remove-blobs', { keys: [nextUpload] });
    const over = { error, nextUpload: null, nextFetchedAt: null };
    await updateRegistry(
      ctx,
      id,
      error === null
        ? { ...over, state: 'ready', version: run.version, fetchedAt: nextFetchedAt, entryCount }
        : { ...over, state: 'failed' },
    );
    const { version } = callRegistryNumbers;
    await ctx.db
      .delete(callRegistryNumbers)
      .where(
        and(
          eq(callRegistryNumbers.registryId, id),
          error === null ? lt(version, run.version) : eq(version, run.version),
        ),
      );
    return error ?? 'ready';
  },
});
