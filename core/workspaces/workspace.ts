import { asc, eq, inArray } from 'drizzle-orm';
import { memberships } from '../../db/schema/memberships.ts';
import { workspaces } from '../../db/schema/workspaces.ts';
import type { OperationContext, Role } from '../context.ts';
import { currentUser } from '../users/current-user.ts';

export interface WorkspaceWithRole {
  readonly id: string;
  readonly name: string;
  /** Null: recordings are kept. */
  readonly recordingRetentionDays: number | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  /** The caller's own. */
  readonly role: Role;
}

/**
 * The workspaces that the caller may see, oldest first. An API key sees its own and no other, whatever the person
 * who made it may see; a superuser sees all.
 */
export async function visibleWorkspaces(ctx: OperationContext): Promise<WorkspaceWithRole[]> {
  const order = [asc(workspaces.createdAt), asc(workspaces.id)];
  if (ctx.actor.kind === 'api-key') {
    const { role } = ctx;
    if (ctx.workspaceId === null || role === null) return [];
    const own = await ctx.db
      .select()
      .from(workspaces)
      .where(inArray(workspaces.id, [ctx.workspaceId]));
    return own.map((workspace) => ({ ...workspace, role }));
  }
  const user = ctx.actor.kind === 'system' ? null : await currentUser(ctx);
  if (user === null || user.isSuperuser) {
    const all = await ctx.db
      .select()
      .from(workspaces)
      .orderBy(...order);
    return all.map((workspace) => ({ ...workspace, role: 'superuser' }));
  }
  const rows = await ctx.db
    .select({ workspace: workspaces, role: memberships.role })
    .from(memberships)
    .innerJoin(workspaces, eq(workspaces.id, memberships.workspaceId))
    .where(eq(memberships.userId, user.id))
    .orderBy(...order);
  return rows.map(({ workspace, role }) => ({ ...workspace, role }));
}
