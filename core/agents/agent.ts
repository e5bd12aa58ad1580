import { and, asc, eq, inArray, isNull } from 'drizzle-orm';
import type { Database, Transaction } from '../../db/client.ts';
import { agentVersions } from '../../db/schema/agent-versions.ts';
import { agents } from '../../db/schema/agents.ts';
import { phoneNumbers } from '../../db/schema/phone-numbers.ts';
import { isUuid } from '../../platform/ids.ts';
import type { WorkspaceContext } from '../context.ts';
import { notFound } from '../errors.ts';
import { type AgentDefinition, agentDefinition } from './definition.ts';

export type Agent = typeof agents.$inferSelect;

/** An agent with its live version and the numbers that lead to it. */
export interface AgentWithDefinition extends Agent {
  readonly version: number;
  readonly definition: AgentDefinition;
  readonly phoneNumbers: string[];
}

/** An agent of the caller's workspace that is not deleted; anything else is not_found. */
export async function findAgent(
  ctx: Pick<WorkspaceContext, 'db' | 'workspaceId'>,
  agentId: string,
  { lock = false }: { lock?: boolean } = {},
): Promise<Agent> {
  if (!isUuid(agentId)) throw notFound('Agent');
  const query = ctx.db
    .select()
    .from(agents)
    .where(and(eq(agents.id, agentId), eq(agents.workspaceId, ctx.workspaceId), isNull(agents.deletedAt)));
  const [agent] = lock ? await query.for('update') : await query;
  if (!agent) throw notFound('Agent');
  return agent;
}

/** Puts version, definition and numbers beside each agent; two queries for any number of agents. */
export async function withDefinitions(
  db: Database | Transaction,
  rows: readonly Agent[],
): Promise<AgentWithDefinition[]> {
  if (rows.length === 0) return [];
  const versions = await db
    .select()
    .from(agentVersions)
    .where(
      inArray(
        agentVersions.id,
        rows.map((row) => row.liveVersionId),
      ),
    );
  const numbers = await db
    .select({ agentId: phoneNumbers.agentId, e164: phoneNumbers.e164 })
    .from(phoneNumbers)
    .where(
      inArray(
        phoneNumbers.agentId,
        rows.map((row) => row.id),
      ),
    )
    .orderBy(asc(phoneNumbers.createdAt), asc(phoneNumbers.id));
  const versionById = new Map(versions.map((version) => [version.id, version]));
  return rows.map((row) => {
    const live = versionById.get(row.liveVersionId);
    if (!live) throw new Error(`Agent ${row.id} has no live version.`);
    return {
      ...row,
      version: live.version,
      definition: agentDefinition.parse(live.definition),
      phoneNumbers: numbers.filter((number) => number.agentId === row.id).map((number) => number.e164),
    };
  });
}

export async function withDefinition(db: Database | Transaction, row: Agent): Promise<AgentWithDefinition> {
  const [agent] = await withDefinitions(db, [row]);
  if (!agent) throw new Error('One agent in, one agent out.');
  return agent;
}
