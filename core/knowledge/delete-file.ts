import { and, eq } from 'drizzle-orm';
import { z } from 'zod';
import { knowledgeFiles } from '../../db/schema/knowledge-files.ts';
import { findAgent } from '../agents/agent.ts';
import { notFound } from '../errors.ts';
import { operation } from '../operation.ts';

/** Takes a file, its passages and (by a job) its bytes away. */
export const deleteFile = operation({
  name: 'knowledge.delete',
  scope: 'developer',
  input: z.object({ agentId: z.string(), name: z.string() }),
  audit: ({ agentId, name }) => ({ target: agentId, details: { file: name } }),
  run: async (ctx, { agentId, name }): Promise<void> => {
    await findAgent(ctx, agentId);
    const [deleted] = await ctx.db
      .delete(knowledgeFiles)
      .where(and(eq(knowledgeFiles.agentId, agentId), eq(knowledgeFiles.name, name.normalize('NFC'))))
      .returning({ blobKey: knowledgeFiles.blobKey });
    if (!deleted) throw notFound('File');
    await ctx.emit('remove-blobs', { keys: [deleted.blobKey] });
  },
});
