import { z } from 'zod';
import { operation } from '../operation.ts';
import { findAgent, withDefinition } from './agent.ts';
import { agentDefinition } from './definition.ts';
import { definitionPatch, mergeDefinition } from './merge-definition.ts';
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

/** What would be wrong with an agent that is made with these fields, or with one that they are laid over. */
export const checkDefinition = operation({
  name: 'agent.check_definition',
  scope: 'member',
  input: z.object({ agentId: z.string().optional(), definition: definitionPatch }),
  reads: true,
  run: async (ctx, { agentId, definition }): Promise<Validation> => {
    const under =
      agentId === undefined
        ? agentDefinition.parse({})
        : (await withDefinition(ctx.db, await findAgent(ctx, agentId))).definition;
    return validateDefinition(mergeDefinition(under, definition) ?? under, ctx);
  },
});
