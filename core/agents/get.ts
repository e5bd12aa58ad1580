import { z } from 'zod';
import { operation } from '../operation.ts';
import { findAgent, withDefinition } from './agent.ts';

export const getAgent = operation({
  name: 'agent.get',
  scope: 'member',
  input: z.object({ agentId: z.string() }),
  reads: true,
  run: async (ctx, { agentId }) => withDefinition(ctx.db, await findAgent(ctx, agentId)),
});
