import { eq, inArray, sql } from 'drizzle-orm';
import { agentVersions } from '../../../db/schema/agent-versions.ts';
import { agents } from '../../../db/schema/agents.ts';
import { agentDefinition } from '../../agents/definition.ts';
import type { Context } from '../../context.ts';
import type { Campaign } from '../campaign.ts';

/** What a call may cost at most, by the longest call that the agent of a campaign takes. Only where there is a price. */
export async function callPrices(
  db: Context['services']['db'],
  running: readonly Campaign[],
): Promise<ReadonlyMap<string, number>> {
  const priced = running.filter(({ minutePriceMicros }) => minutePriceMicros !== null);
  if (priced.length === 0) return new Map();
  const rows = await db
    .select({ agentId: agents.id, definition: agentVersions.definition })
    .from(agents)
    .innerJoin(agentVersions, eq(agentVersions.id, agents.liveVersionId))
    .where(
      inArray(
        agents.id,
        priced.map(({ agentId }) => agentId),
      ),
    );
  const longest = new Map(
    rows.map(({ agentId, definition }) => [agentId, agentDefinition.parse(definition).maxCallDurationMs]),
  );
  return new Map(
    priced.map(({ id, agentId, minutePriceMicros }) => [
      id,
      costOf(longest.get(agentId) ?? 0, minutePriceMicros),
    ]),
  );
}

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
