import { eq } from 'drizzle-orm';
import { agentVersions } from '../../db/schema/agent-versions.ts';
import { agents } from '../../db/schema/agents.ts';
import type { OperationContext } from '../context.ts';
import { type AgentDefinition, agentDefinition } from './definition.ts';
import { fillDefinition } from './fill-definition.ts';
import { type BuiltInFacts, builtInVariables } from './variables.ts';

export interface FilledVersion {
  readonly agentId: string;
  readonly agentName: string;
  /** With the values of one call or chat in every text. */
  readonly definition: AgentDefinition;
  readonly variables: Record<string, string>;
  /** Names without a value; each became empty. */
  readonly missing: readonly string[];
}

interface Occasion extends Omit<BuiltInFacts, 'agentName' | 'language' | 'timeZone'> {
  readonly variables: Readonly<Record<string, string>>;
}

/** What a version of an agent says on one occasion. */
export async function fillVersion(
  ctx: Pick<OperationContext, 'db'>,
  agentVersionId: string,
  { variables: given, ...facts }: Occasion,
): Promise<FilledVersion> {
  const [row] = await ctx.db
    .select({ agentId: agents.id, agentName: agents.name, stored: agentVersions.definition })
    .from(agentVersions)
    .innerJoin(agents, eq(agents.id, agentVersions.agentId))
    .where(eq(agentVersions.id, agentVersionId));
  if (!row) throw new Error(`The agent version ${agentVersionId} is not there.`);
  const { agentId, agentName } = row;
  const stored = agentDefinition.parse(row.stored);
  const own = { ...stored.variables, ...given };
  const variables = {
    ...builtInVariables({ ...facts, agentName, language: stored.language, timeZone: own.time_zone }),
    ...own,
  };
  return { agentId, agentName, variables, ...fillDefinition(stored, variables) };
}
