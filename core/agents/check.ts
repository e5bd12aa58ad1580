import { z } from 'zod';
import { operation } from '../operation.ts';
import { findAgent, withDefinition } from './agent.ts';
import { type Validation, validateDefinition } from './validate.ts';

/** What is wrong with the live version of an agent now: a voice may be gone since it was published. */
export const checkAgent = operation({
  name: 'agent.check',
  scope: 'member',
  input: z.object({ agentId: z.string() }),
  reads: true,
  run: async (ctx, { agentId }): Promise<Validation> => {
    const { definition } = await withDefinition(ctx.db, await findAgent(ctx, agentId));
    return validateDefinition(definition, ctx);
  },
});
