import { eq } from 'drizzle-orm';
import { z } from 'zod';
import { callRegistries } from '../../../db/schema/call-registries.ts';
import { operation } from '../../operation.ts';
import { type CallRegistry, findRegistry } from './registry.ts';

export const listRegistries = operation({
  name: 'call_registry.list',
  scope: 'member',
  input: z.object({}),
  reads: true,
  run: async (ctx): Promise<CallRegistry[]> =>
    ctx.db
      .select()
      .from(callRegistries)
      .where(eq(callRegistries.workspaceId, ctx.workspaceId))
      .orderBy(callRegistries.createdAt),
});

export const getRegistry = operation({
  name: 'call_registry.get',
  scope: 'member',
  input: z.object({ registryId: z.string() }),
  reads: true,
  run: async (ctx, { registryId }): Promise<CallRegistry> => findRegistry(ctx, registryId),
});
