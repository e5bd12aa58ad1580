import { isDeepStrictEqual } from 'node:util';
import { and, desc, eq } from 'drizzle-orm';
import { agentDrafts } from '../../db/schema/agent-drafts.ts';
import { agentVersions } from '../../db/schema/agent-versions.ts';
import { agents } from '../../db/schema/agents.ts';
import { newId } from '../../platform/ids.ts';
import type { WorkspaceContext } from '../context.ts';
import { notFound } from '../errors.ts';
import type { Agent } from './agent.ts';
import { type AgentDefinition, agentDefinition } from './definition.ts';

export type VersionRow = typeof agentVersions.$inferSelect;
export type DraftRow = typeof agentDrafts.$inferSelect;

/** Who does this, for `created_by`; a key or a process is nobody. */
export const userOf = (ctx: WorkspaceContext): string | null =>
  ctx.actor.kind === 'user' ? ctx.actor.userId : null;

/** Writes the next version of a locked agent. */
export async function addVersion(
  ctx: WorkspaceContext,
  agentId: string,
  definition: AgentDefinition,
  { note = '', isTrial = false }: { readonly note?: string; readonly isTrial?: boolean } = {},
): Promise<VersionRow> {
  const version = ((await newestVersion(ctx, agentId))?.version ?? 0) + 1;
  const [row] = await ctx.db
    .insert(agentVersions)
    .values({ id: newId(), agentId, version, definition, note, isTrial, createdBy: userOf(ctx) })
    .returning();
  if (!row) throw new Error('The insert of a version returned nothing.');
  return row;
}

async function newestVersion(ctx: WorkspaceContext, agentId: string): Promise<VersionRow | undefined> {
  const [row] = await ctx.db
    .select()
    .from(agentVersions)
    .where(eq(agentVersions.agentId, agentId))
    .orderBy(desc(agentVersions.version))
    .limit(1);
  return row;
}

/** The newest version of a locked agent, if it was kept to try just this definition. */
export async function trialOf(
  ctx: WorkspaceContext,
  agentId: string,
  definition: AgentDefinition,
): Promise<VersionRow | undefined> {
  const newest = await newestVersion(ctx, agentId);
  const isSame = newest?.isTrial && isDeepStrictEqual(agentDefinition.parse(newest.definition), definition);
  return isSame ? newest : undefined;
}

/** It is or becomes live, so it is a version like any other. */
export async function endTrial(
  ctx: WorkspaceContext,
  versionId: string,
  change: Partial<Pick<VersionRow, 'note'>> = {},
): Promise<void> {
  await ctx.db
    .update(agentVersions)
    .set({ ...change, isTrial: false })
    .where(eq(agentVersions.id, versionId));
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
