import { eq, sql } from 'drizzle-orm';
import { z } from 'zod';
import { recordings } from '../../db/schema/recordings.ts';
import { workspaces } from '../../db/schema/workspaces.ts';
import type { WorkspaceContext } from '../context.ts';
import { notFound } from '../errors.ts';
import { operation } from '../operation.ts';
import { requireActive } from './active.ts';
import { visibleWorkspaces, type WorkspaceWithRole } from './workspace.ts';

const input = z.object({
  workspaceId: z.string(),
  name: z.string().trim().min(1).max(200).optional(),
  /** Recordings are deleted so many days after they began; null: never. */
  recordingRetentionDays: z.number().int().min(1).max(36_500).nullable().optional(),
});

/** Changes the active workspace. A retention counts for the recordings that are there as well. */
export const updateWorkspace = operation({
  name: 'workspace.update',
  scope: 'admin',
  input,
  audit: ({ workspaceId, ...details }) => ({ target: workspaceId, details }),
  run: async (ctx, { workspaceId, ...change }): Promise<WorkspaceWithRole> => {
    requireActive(ctx, workspaceId);
    await ctx.db
      .update(workspaces)
      .set({ ...change, updatedAt: new Date() })
      .where(eq(workspaces.id, ctx.workspaceId));
    if (change.recordingRetentionDays !== undefined) await applyRetention(ctx, change.recordingRetentionDays);
    const workspace = (await visibleWorkspaces(ctx)).find(({ id }) => id === ctx.workspaceId);
    if (!workspace) throw notFound('Workspace');
    return workspace;
  },
});

async function applyRetention(ctx: WorkspaceContext, days: number | null): Promise<void> {
  const expiresAt = days === null ? null : sql`${recordings.startedAt} + make_interval(days => ${days}::int)`;
  await ctx.db.update(recordings).set({ expiresAt }).where(eq(recordings.workspaceId, ctx.workspaceId));
}
