import { z } from 'zod';
import { findAgent } from '../agents/agent.ts';
import { operation } from '../operation.ts';
import { knowledgeRequest } from './found-passage.ts';
import { limits } from './limits.ts';
import { retrieve } from './retrieve.ts';

/** Somebody who asks through an API can wait longer than somebody on the line. */
const embeddingTimeoutMs = 2_000;

/** What an agent's files say about a question: passages with the file and the place they are from. */
export const queryKnowledge = operation({
  name: 'knowledge.query',
  scope: 'member',
  input: z.object({
    agentId: z.string(),
    question: z.string().trim().min(1).max(limits.queryLength),
    limit: z.number().int().min(1).max(20).default(5),
  }),
  reads: true,
  run: async (ctx, { agentId, question, limit }) => {
    await findAgent(ctx, agentId);
    return retrieve(ctx, { agentId, question, limit, embeddingTimeoutMs });
  },
});

/** The same for a worker, in the middle of a call. */
export const lookUp = operation({
  name: 'knowledge.look_up',
  scope: 'system',
  input: knowledgeRequest,
  reads: true,
  run: async (ctx, { question, ...asked }) => ({
    passages: await retrieve(ctx, { ...asked, question: question.slice(0, limits.queryLength) }),
  }),
});
