import { and, desc, eq, lt } from 'drizzle-orm';
import { z } from 'zod';
import { agentVersions } from '../../db/schema/agent-versions.ts';
import type { WorkspaceContext } from '../context.ts';
import { DomainError } from '../errors.ts';
import { versionField } from '../fields.ts';
import { operation } from '../operation.ts';
import { type AgentWithDefinition, findAgent, withDefinition } from './agent.ts';
import { changeAgent, endTrial, findVersion, findVersionById, goLive, type VersionRow } from './versions.ts';

/**
 * Makes an older version live again; without a number the one before the live one. It is not checked again: it has
 * worked before, and a roll-back must not fail because a provider is away. Calls that run keep their version.
 */
export const rollBack = operation({
  name: 'agent.roll_back',
  scope: 'developer',
  input: z.object({ agentId: z.string(), version: versionField.optional() }),
  audit: ({ agentId }, agent: AgentWithDefinition) => ({
    target: agentId,
    details: { version: agent.version },
  }),
  run: async (ctx, { agentId, version }) => {
    const row = await findAgent(ctx, agentId, { lock: true });
    const target =
      version === undefined
        ? await versionBefore(ctx, row.liveVersionId)
        : await findVersion(ctx, agentId, version);
    if (target.isTrial) await endTrial(ctx, target.id);
    return withDefinition(ctx.db, await changeAgent(ctx, agentId, goLive(target.id)));
  },
});

async function versionBefore(ctx: WorkspaceContext, liveVersionId: string): Promise<VersionRow> {
  const live = await findVersionById(ctx, liveVersionId);
  const [before] = await ctx.db
    .select()
    .from(agentVersions)
    .where(
      and(
        eq(agentVersions.agentId, live.agentId),
        lt(agentVersions.version, live.version),
        eq(agentVersions.isTrial, false),
      ),
    )
    .orderBy(desc(agentVersions.version))
    .limit(1);
  if (!before) throw new DomainError('conflict', `There is no version before ${live.version}.`);
  return before;
}
