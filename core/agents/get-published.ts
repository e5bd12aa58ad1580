import { z } from 'zod';
import { operation } from '../operation.ts';
import { findPublishedAgent } from './find-published.ts';

/** What a visitor may know of a published agent: that it is there, and its name. */
export const getPublishedAgent = operation({
  name: 'agent.get_published',
  scope: 'public',
  /** Id or web slug. */
  input: z.object({ agent: z.string().trim().min(1).max(100) }),
  reads: true,
  run: async (ctx, { agent: named }) => {
    const { id, name } = await findPublishedAgent(ctx, named);
    return { id, name };
  },
});
