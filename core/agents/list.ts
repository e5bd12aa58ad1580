import { and, asc, eq, isNull } from 'drizzle-orm';
import { z } from 'zod';
import { agents } from '../../db/schema/agents.ts';
import { operation } from '../operation.ts';
import { withDefinitions } from './agent.ts';

/** The agents of the workspace, oldest first. */
export const listAgents = operation({
  name: 'agent.list',
  scope: 'member',
  input: z.object({}),
  reads: true,
  run: async (ctx) =>
    withDefinitions(
      ctx.db,
      await ctx.db
        .select()
        .from(agents)
        .where(and(eq(agents.workspaceId, ctx.workspaceId), isNull(agents.deletedAt)))
        .orderBy(asc(agents.createdAt), asc(agents.id)),
    ),
});
