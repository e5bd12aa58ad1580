import { and, desc, eq, getTableColumns, lt } from 'drizzle-orm';
import { z } from 'zod';
import { agentVersions } from '../../db/schema/agent-versions.ts';
import { operation } from '../operation.ts';
import { type Agent, findAgent } from './agent.ts';
import type { VersionRow } from './versions.ts';

export interface VersionListItem extends Omit<VersionRow, 'definition'> {
  /** Of 100 calls, so many run this version. */
  readonly percent: number;
}

/** The versions of an agent, newest first. */
export const listVersions = operation({
  name: 'agent.list_versions',
  scope: 'member',
  input: z.object({
    agentId: z.string(),
    limit: z.number().int().min(1).max(100).default(50),
    /** Only versions older than this. */
    before: z.number().int().min(1).optional(),
  }),
  reads: true,
  run: async (ctx, { agentId, limit, before }): Promise<VersionListItem[]> => {
    const agent = await findAgent(ctx, agentId);
    const rows = await ctx.db
      .select(columns)
      .from(agentVersions)
      .where(
        and(
          eq(agentVersions.agentId, agentId),
          before === undefined ? undefined : lt(agentVersions.version, before),
        ),
      )
      .orderBy(desc(agentVersions.version))
      .limit(limit);
    return rows.map((row) => ({ ...row, percent: percentOf(agent, row.id) }));
  },
});

/** Without the definitions, which may be large. */
const { definition: _large, ...columns } = getTableColumns(agentVersions);

/** The share of the calls that a version of an agent gets. */
export function percentOf(agent: Agent, versionId: string): number {
  const split = agent.splitPercent ?? 0;
  if (versionId === agent.splitVersionId) return split;
  return versionId === agent.liveVersionId ? 100 - split : 0;
}
