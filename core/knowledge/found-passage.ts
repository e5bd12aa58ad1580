import { z } from 'zod';

/** What a worker asks while somebody waits on the line. Pure: the worker reads this file too. */

export const foundPassage = z.object({
  file: z.string(),
  /** The headings above the passage, ' › ' between them. */
  heading: z.string(),
  /** Page of a PDF, from 1. */
  page: z.number().int().nullable(),
  passage: z.string(),
  /** Of the passage in its file, from 0. */
  position: z.number().int(),
  /** 0 to 1; only comparable within one answer. */
  score: z.number(),
});
export type FoundPassage = z.output<typeof foundPassage>;

/** POST {controlPlane}/internal/knowledge/query (Bearer INTERNAL_TOKEN). */
export const knowledgePath = '/internal/knowledge/query';
export const knowledgeRequest = z.object({
  agentId: z.uuid(),
  question: z.string().max(10_000),
  limit: z.number().int().min(1).max(20).default(4),
  /** How long embeddings are waited for. */
  embeddingTimeoutMs: z.number().int().min(1).max(10_000).default(120),
});
export const knowledgeAnswer = z.object({ passages: z.array(foundPassage) });
