import { eq, sql } from 'drizzle-orm';
import { z } from 'zod';
import { knowledgeChunks } from '../../db/schema/knowledge-chunks.ts';
import { knowledgeWords } from '../../db/schema/knowledge-words.ts';
import type { OperationContext } from '../context.ts';
import { operation } from '../operation.ts';
import { type KnowledgeFile, lockRevision, updateFile } from './knowledge-file.ts';
import { spaced } from './search-config.ts';

const batchSize = 250;

const indexed = z.object({
  fileId: z.uuid(),
  revision: z.number().int(),
  searchConfig: z.string(),
  /** Null: the passages have no embeddings. */
  embeddingModel: z.string().nullable(),
  passages: z
    .array(
      z.object({
        heading: z.string(),
        text: z.string().min(1),
        page: z.number().int().nullable(),
        embedding: z.array(z.number()).readonly().nullable(),
      }),
    )
    .min(1),
});
type Indexed = z.output<typeof indexed>;

/** Puts the passages of a revision in the place of what the file had. False: it was deleted or replaced meanwhile. */
export const finishIndexing = operation({
  name: 'knowledge.finish_indexing',
  scope: 'system',
  input: indexed,
  run: async (ctx, input): Promise<boolean> => {
    const file = await lockRevision(ctx, input);
    if (file === null) return false;
    await clearIndex(ctx, file.id);
    for (let at = 0; at < input.passages.length; at += batchSize) await insertPassages(ctx, file, input, at);
    await updateFile(ctx, file.id, {
      status: 'ready',
      error: null,
      passageCount: input.passages.length,
      searchConfig: input.searchConfig,
      embeddingModel: input.embeddingModel,
      indexedAt: new Date(),
    });
    return true;
  },
});

/**
 * A revision that cannot be indexed, with the reason in words. What an older revision said is not true any more; what
 * this one said when it was indexed before goes on answering.
 */
export const failIndexing = operation({
  name: 'knowledge.fail_indexing',
  scope: 'system',
  input: z.object({ fileId: z.uuid(), revision: z.number().int(), reason: z.string() }),
  run: async (ctx, { reason, ...revision }): Promise<void> => {
    const file = await lockRevision(ctx, revision);
    if (file === null) return;
    const failed = { status: 'failed', error: reason.slice(0, 1_000) } as const;
    if (file.indexedAt !== null && file.indexedAt > file.uploadedAt) {
      await updateFile(ctx, file.id, failed);
      return;
    }
    await clearIndex(ctx, file.id);
    await updateFile(ctx, file.id, { ...failed, passageCount: 0, embeddingModel: null, indexedAt: null });
  },
});

async function clearIndex(ctx: OperationContext, fileId: string): Promise<void> {
  await ctx.db.delete(knowledgeChunks).where(eq(knowledgeChunks.fileId, fileId));
  await ctx.db.delete(knowledgeWords).where(eq(knowledgeWords.fileId, fileId));
}

/**
 * Lexemes are those of the language and the words as they are: a question in another form of a word is found, one in
 * the very form ranks higher. Words of four letters and more are kept for misspellings.
 */
async function insertPassages(
  ctx: OperationContext,
  { id: fileId, agentId }: KnowledgeFile,
  { passages, searchConfig }: Indexed,
  from: number,
): Promise<void> {
  const rows = passages.slice(from, from + batchSize).map(({ heading, text, page, embedding }, index) => ({
    position: from + index,
    heading,
    passage: text,
    page,
    embedding,
    searched_heading: spaced(heading),
    searched: spaced(text),
  }));
  await ctx.db.execute(sql`
    with given as materialized (
      select * from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as given(
        position int, heading text, passage text, page int, embedding real[], searched_heading text, searched text)
    ), words as (
      insert into knowledge_words (agent_id, file_id, word)
      select distinct ${agentId}::uuid, ${fileId}::uuid, w.lexeme
      from given, unnest(to_tsvector('simple', searched_heading || ' ' || searched)) w
      where char_length(w.lexeme) between 4 and 40 and w.lexeme ~ '^[[:alpha:]]+$'
      on conflict do nothing
    )
    insert into knowledge_chunks (agent_id, file_id, position, heading, page, passage, embedding, lexemes)
    select ${agentId}::uuid, ${fileId}::uuid, position, heading, page, passage, embedding,
      setweight(to_tsvector(${searchConfig}::regconfig, searched_heading), 'A')
        || setweight(to_tsvector('simple', searched_heading), 'A')
        || to_tsvector(${searchConfig}::regconfig, searched)
        || to_tsvector('simple', searched)
    from given`);
}
