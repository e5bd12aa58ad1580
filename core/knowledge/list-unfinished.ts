import { and, eq, inArray, isNull, lt, ne, or, sql } from 'drizzle-orm';
import { z } from 'zod';
import { agents } from '../../db/schema/agents.ts';
import { knowledgeFiles } from '../../db/schema/knowledge-files.ts';
import { operation } from '../operation.ts';

/**
 * Revisions somebody should look at again: queued or begun long ago (the queue was lost), or ready without the
 * embeddings of today's model (the provider was away, or another one is configured).
 */
export const listUnfinished = operation({
  name: 'knowledge.list_unfinished',
  scope: 'system',
  input: z.object({
    olderThanMs: z.number().int(),
    /** Null: embeddings are not looked at. */
    embeddingModel: z.string().nullable(),
    limit: z.number().int(),
  }),
  reads: true,
  run: async (ctx, { olderThanMs, embeddingModel, limit }) => {
    const { status, updatedAt } = knowledgeFiles;
    const old = lt(updatedAt, sql`now() - make_interval(secs => ${olderThanMs / 1_000})`);
    const stale =
      embeddingModel === null
        ? undefined
        : and(
            eq(status, 'ready'),
            or(isNull(knowledgeFiles.embeddingModel), ne(knowledgeFiles.embeddingModel, embeddingModel)),
          );
    return ctx.db
      .select({ fileId: knowledgeFiles.id, revision: knowledgeFiles.revision })
      .from(knowledgeFiles)
      .innerJoin(agents, and(eq(agents.id, knowledgeFiles.agentId), isNull(agents.deletedAt)))
      .where(and(old, or(inArray(status, ['queued', 'indexing']), stale)))
      .orderBy(updatedAt)
      .limit(limit);
  },
});
