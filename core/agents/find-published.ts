import { and, eq, isNotNull, isNull } from 'drizzle-orm';
import { agents } from '../../db/schema/agents.ts';
import { isUuid } from '../../platform/ids.ts';
import type { OperationContext } from '../context.ts';
import { notFound } from '../errors.ts';
import type { Agent } from './agent.ts';

/**
 * A published agent by id or web slug, of any workspace. What looks like an id is taken for nothing else, so that no
 * slug can stand in for the agent of an id. Throws not_found.
 */
export async function findPublishedAgent(
  { db }: Pick<OperationContext, 'db'>,
  named: string,
): Promise<Agent> {
  const [agent] = await db
    .select()
    .from(agents)
    .where(
      and(
        isUuid(named) ? eq(agents.id, named) : eq(agents.webSlug, named.toLowerCase()),
        isNotNull(agents.webSlug),
        isNull(agents.deletedAt),
      ),
    );
  if (!agent) throw notFound('Agent');
  return agent;
}
