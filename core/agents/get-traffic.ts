import { z } from 'zod';
import { operation } from '../operation.ts';
import { findAgent } from './agent.ts';
import type { Traffic } from './set-traffic.ts';
import { findVersionById } from './versions.ts';

/** Which versions the calls of an agent run, in shares of 100. */
export const getTraffic = operation({
  name: 'agent.get_traffic',
  scope: 'member',
  input: z.object({ agentId: z.string() }),
  reads: true,
  run: async (ctx, { agentId }): Promise<Traffic> => {
    const agent = await findAgent(ctx, agentId);
    const live = await findVersionById(ctx, agent.liveVersionId);
    const split = agent.splitVersionId === null ? null : await findVersionById(ctx, agent.splitVersionId);
    const splitPercent = agent.splitPercent ?? 0;
    return {
      ...{ liveVersion: live.version, livePercent: 100 - splitPercent },
      ...{ splitVersion: split?.version ?? null, splitPercent },
    };
  },
});
