import { eq, inArray, or, sql } from 'drizzle-orm';
import { agentVersions } from '../../../db/schema/agent-versions.ts';
import { agents } from '../../../db/schema/agents.ts';
import { type AgentDefinition, agentDefinition } from '../../agents/definition.ts';
import type { Context, OperationContext } from '../../context.ts';
import type { Campaign } from '../campaign.ts';

/**
 * What a call may cost at most, by the longest call that the agent of a campaign takes, whichever of its versions it
 * runs. Only where there is a price.
 */
export async function callPrices(
  db: Context['services']['db'],
  running: readonly Campaign[],
): Promise<ReadonlyMap<string, number>> {
  const priced = running.filter(({ minutePriceMicros }) => minutePriceMicros !== null);
  if (priced.length === 0) return new Map();
  const versions = await runningVersions(
    db,
    priced.map(({ agentId }) => agentId),
  );
  return new Map(
    priced.map(({ id, agentId, minutePriceMicros }) => [
      id,
      costOf(longestCall(versions.filter((one) => one.agentId === agentId)), minutePriceMicros),
    ]),
  );
}

export interface RunningVersion {
  readonly agentId: string;
  readonly definition: AgentDefinition;
}

/** What calls of these agents may run: the live version of each, and the one that it is compared with. */
export async function runningVersions(
  db: OperationContext['db'],
  agentIds: readonly string[],
): Promise<readonly RunningVersion[]> {
  const rows = await db
    .select({ agentId: agents.id, definition: agentVersions.definition })
    .from(agents)
    .innerJoin(
      agentVersions,
      or(eq(agentVersions.id, agents.liveVersionId), eq(agentVersions.id, agents.splitVersionId)),
    )
    .where(inArray(agents.id, [...agentIds]));
  return rows.map(({ agentId, definition }) => ({ agentId, definition: agentDefinition.parse(definition) }));
}

/** Of those versions, ms. */
export const longestCall = (versions: readonly RunningVersion[]): number =>
  Math.max(0, ...versions.map(({ definition }) => definition.maxCallDurationMs));

/** Whole minutes, as carriers reckon. */
export const costOf = (durationMs: number, minutePriceMicros: number | null): number =>
  Math.ceil(durationMs / 60_000) * (minutePriceMicros ?? 0);

export async function openCosts(
  db: Context['services']['db'],
  campaignIds: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const { rows } = await db.execute<{ id: string; cost: string }>(sql`
    select campaign_id as id, sum(cost_micros) as cost from attempts
    where state in ('reserved', 'dialing') and campaign_id = any(${sql.param(campaignIds)}::uuid[])
    group by campaign_id`);
  return new Map(rows.map(({ id, cost }) => [id, Number(cost)]));
}
