import { and, eq, max } from 'drizzle-orm';
import { agentDrafts } from '../../db/schema/agent-drafts.ts';
import { agentVersions } from '../../db/schema/agent-versions.ts';
import { agents } from '../../db/schema/agents.ts';
import { newId } from '../../platform/ids.ts';
import type { WorkspaceContext } from '../context.ts';
import { notFound } from '../errors.ts';
import type { Agent } from './agent.ts';
import type { AgentDefinition } from './definition.ts';

export type VersionRow = typeof agentVersions.$inferSelect;
export type DraftRow = typeof agentDrafts.$inferSelect;

/** Who does this, for `created_by`; a key or a process is nobody. */
export const userOf = (ctx: WorkspaceContext): string | null =>
  ctx.actor.kind === 'user' ? ctx.actor.userId : null;

/** Writes the next version of a locked agent and answers its id. */
export async function addVersion(
  ctx: WorkspaceContext,
  agentId: string,
  definition: AgentDefinition,
  note = '',
): Promise<string> {
  const [last] = await ctx.db
    .select({ version: max(agentVersions.version) })
    .from(agentVersions)
    .where(eq(agentVersions.agentId, agentId));
  const id = newId();
  await ctx.db
    .insert(agentVersions)
    .values({ id, agentId, version: (last?.version ?? 0) + 1, definition, note, createdBy: userOf(ctx) });
  return id;
}

/** Another live version ends a split: its percentage was meant against the one before. */
export const goLive = (versionId: string) =>
  ({ liveVersionId: versionId, splitVersionId: null, splitPercent: null }) satisfies Partial<Agent>;

/** Changes an agent that this transaction has locked. */
export async function changeAgent(
  ctx: WorkspaceContext,
  agentId: string,
  change: Partial<typeof agents.$inferInsert>,
): Promise<Agent> {
  const [agent] = await ctx.db.update(agents).set(change).where(eq(agents.id, agentId)).returning();
  if (!agent) throw new Error('The update of a locked agent returned nothing.');
  return agent;
}

export async function findVersion(
  ctx: Pick<WorkspaceContext, 'db'>,
  agentId: string,
  version: number,
): Promise<VersionRow> {
  const [row] = await ctx.db
    .select()
    .from(agentVersions)
    .where(and(eq(agentVersions.agentId, agentId), eq(agentVersions.version, version)));
  if (!row) throw notFound(`Version ${version} of this agent`);
  return row;
}

export async function findVersionById(
  ctx: Pick<WorkspaceContext, 'db'>,
  versionId: string,
): Promise<VersionRow> {
  const [row] = await ctx.db.select().from(agentVersions).where(eq(agentVersions.id, versionId));
  if (!row) throw new Error(`There is no agent version ${versionId}.`);
  return row;
}

export async function findDraft(
  ctx: Pick<WorkspaceContext, 'db'>,
  agentId: string,
): Promise<DraftRow | undefined> {
  const [draft] = await ctx.db.select().from(agentDrafts).where(eq(agentDrafts.agentId, agentId));
  return draft;
}
