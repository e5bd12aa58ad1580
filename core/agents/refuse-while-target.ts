import { and, eq, isNull, ne, or, sql } from 'drizzle-orm';
import { agentVersions } from '../../db/schema/agent-versions.ts';
import { agents } from '../../db/schema/agents.ts';
import type { WorkspaceContext } from '../context.ts';
import { DomainError } from '../errors.ts';

/**
 * Throws conflict, naming them, when other agents hand their callers over to this one in a version that takes calls.
 */
export async function refuseWhileTarget(
  { db, workspaceId }: Pick<WorkspaceContext, 'db' | 'workspaceId'>,
  agentId: string,
): Promise<void> {
  const target = JSON.stringify([{ agentId }]);
  const rows = await db
    .selectDistinct({ name: agents.name })
    .from(agents)
    .innerJoin(
      agentVersions,
      or(eq(agentVersions.id, agents.liveVersionId), eq(agentVersions.id, agents.splitVersionId)),
    )
    .where(
      and(
        eq(agents.workspaceId, workspaceId),
        ne(agents.id, agentId),
        isNull(agents.deletedAt),
        sql`${agentVersions.definition} -> 'handoffTargets' @> ${target}::jsonb`,
      ),
    );
  if (rows.length === 0) return;
  const names = rows.map(({ name }) => name);
  throw new DomainError('conflict', `Agents hand callers over to it: ${names.slice(0, 5).join(', ')}.`, {
    details: { agents: names },
  });
}
