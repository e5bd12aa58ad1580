import { and, eq, gt } from 'drizzle-orm';
import { knowledgeFiles } from '../../db/schema/knowledge-files.ts';
import type { OperationContext } from '../context.ts';

/** Whether there is anything to look up. Part of the call plan: an agent without files never asks. */
export async function hasKnowledge(ctx: Pick<OperationContext, 'db'>, agentId: string): Promise<boolean> {
  const [file] = await ctx.db
    .select({ id: knowledgeFiles.id })
    .from(knowledgeFiles)
    .where(and(eq(knowledgeFiles.agentId, agentId), gt(knowledgeFiles.passageCount, 0)))
    .limit(1);
  return file !== undefined;
}
