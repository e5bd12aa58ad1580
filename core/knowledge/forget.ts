import { eq } from 'drizzle-orm';
import { knowledgeFiles } from '../../db/schema/knowledge-files.ts';
import type { OperationContext } from '../context.ts';

/** Part of deleting an agent: whatever it knew goes with it. */
export async function forgetKnowledge(ctx: OperationContext, agentId: string): Promise<void> {
  const deleted = await ctx.db
    .delete(knowledgeFiles)
    .where(eq(knowledgeFiles.agentId, agentId))
    .returning({ blobKey: knowledgeFiles.blobKey });
  if (deleted.length > 0) await ctx.emit('remove-blobs', { keys: deleted.map(({ blobKey }) => blobKey) });
}
