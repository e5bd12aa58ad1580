import { asc, eq } from 'drizzle-orm';
import { z } from 'zod';
import { knowledgeFiles } from '../../db/schema/knowledge-files.ts';
import { findAgent } from '../agents/agent.ts';
import { operation } from '../operation.ts';

/** The files of an agent by name, each with how far its index is. */
export const listFiles = operation({
  name: 'knowledge.list',
  scope: 'member',
  input: z.object({ agentId: z.string() }),
  reads: true,
  run: async (ctx, { agentId }) => {
    await findAgent(ctx, agentId);
    return ctx.db
      .select()
      .from(knowledgeFiles)
      .where(eq(knowledgeFiles.agentId, agentId))
      .orderBy(asc(knowledgeFiles.name));
  },
});
