import { eq, inArray } from 'drizzle-orm';
import { knowledgeChunks } from '../../db/schema/knowledge-chunks.ts';
import { knowledgeFiles } from '../../db/schema/knowledge-files.ts';
import type { OperationContext } from '../context.ts';
import type { FoundPassage } from './found-passage.ts';
import { searchVectors } from './search-vectors.ts';
import { searchWords } from './search-words.ts';

interface Question {
  readonly agentId: string;
  readonly question: string;
  readonly limit: number;
  /** How long the provider of embeddings is waited for; after it the words have to do. */
  readonly embeddingTimeoutMs: number;
}

/** Cormack, Clarke, Büttcher 2009: how much a first place is worth more than a second one. */
const fusionConstant = 60;
/** Each way to find something, by how much its first place is to be trusted. */
const trust = { strict: 1, loose: 1, similar: 0.8, vectors: 1 } as const;
/** What a passage that only came in somewhere at the end is worth nothing beside. */
const worthMentioning = 0.25;

/** Passages that may answer a question, best first. Words always; meanings when a provider of embeddings answers. */
export async function retrieve(ctx: OperationContext, asked: Question): Promise<FoundPassage[]> {
  if (asked.question.trim() === '') return [];
  const [words, vectors] = await Promise.all([
    searchWords(ctx, asked.agentId, asked.question),
    searchMeanings(ctx, asked),
  ]);
  const scores = fuse({ ...words, vectors: vectors ?? [] });
  const best = [...scores].sort((a, b) => b[1] - a[1]).slice(0, asked.limit);
  const top = best[0]?.[1] ?? 0;
  return load(
    ctx,
    best.filter(([, score]) => score >= top * worthMentioning),
  );
}

async function searchMeanings(
  ctx: OperationContext,
  { agentId, question, embeddingTimeoutMs }: Question,
): Promise<readonly number[] | null> {
  const { embedder } = ctx.services.ports;
  if (embedder === null) return null;
  const [vector] = await embedder
    .embed([question], { timeoutMs: embeddingTimeoutMs })
    // The adapter has said so; the words answer.
    .catch((): readonly (readonly number[])[] => []);
  if (vector === undefined) return null;
  return searchVectors(ctx, agentId, { model: embedder.model, vector }).catch((error: unknown) => {
    ctx.log.warn({ err: error }, 'the search by embeddings failed, the one by words goes on');
    return null;
  });
}

/** Reciprocal rank fusion; 1 is the first place in every ranking that found anything. */
function fuse(rankings: Readonly<Record<keyof typeof trust, readonly number[]>>): Map<number, number> {
  const scores = new Map<number, number>();
  let best = 0;
  for (const way of ['strict', 'loose', 'similar', 'vectors'] as const) {
    if (rankings[way].length === 0) continue;
    best += trust[way] / (fusionConstant + 1);
    for (const [place, id] of rankings[way].entries())
      scores.set(id, (scores.get(id) ?? 0) + trust[way] / (fusionConstant + 1 + place));
  }
  for (const [id, score] of scores) scores.set(id, score / best);
  return scores;
}

async function load(
  { db }: OperationContext,
  scored: readonly (readonly [number, number])[],
): Promise<FoundPassage[]> {
  if (scored.length === 0) return [];
  const rows = await db
    .select({
      id: knowledgeChunks.id,
      file: knowledgeFiles.name,
      heading: knowledgeChunks.heading,
      page: knowledgeChunks.page,
      passage: knowledgeChunks.passage,
      position: knowledgeChunks.position,
    })
    .from(knowledgeChunks)
    .innerJoin(knowledgeFiles, eq(knowledgeFiles.id, knowledgeChunks.fileId))
    .where(
      inArray(
        knowledgeChunks.id,
        scored.map(([id]) => id),
      ),
    );
  const byId = new Map(rows.map(({ id, ...row }) => [id, row]));
  return scored.flatMap(([id, score]) => {
    const row = byId.get(id);
    // Gone since it was found: its file was replaced in this very moment.
    return row ? [{ ...row, score: Math.round(score * 1_000) / 1_000 }] : [];
  });
}
