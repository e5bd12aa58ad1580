import { z } from 'zod';
import { versionField } from '../fields.ts';
import { operation } from '../operation.ts';
import { type AgentWithDefinition, findAgent, withDefinition } from './agent.ts';
import { percentOf, type VersionListItem } from './list-versions.ts';
import { findVersion } from './versions.ts';

export interface AgentAtVersion {
  /** The agent as it would be if this version were live. */
  readonly agent: AgentWithDefinition;
  readonly version: VersionListItem;
}

/** One version of an agent, old or live. */
export const getVersion = operation({
  name: 'agent.get_version',
  scope: 'member',
  input: z.object({ agentId: z.string(), version: versionField }),
  reads: true,
  run: async (ctx, { agentId, version }): Promise<AgentAtVersion> => {
    const agent = await findAgent(ctx, agentId);
    const { definition: _definition, ...row } = await findVersion(ctx, agentId, version);
    return {
      agent: await withDefinition(ctx.db, { ...agent, liveVersionId: row.id }),
      version: { ...row, percent: percentOf(agent, row.id) },
    };
  },
});
