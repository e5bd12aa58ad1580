import { z } from 'zod';
import { memberships } from '../../db/schema/memberships.ts';
import { workspaces } from '../../db/schema/workspaces.ts';
import { operation } from '../operation.ts';
import { currentUser } from '../users/current-user.ts';

export type Workspace = typeof workspaces.$inferSelect;

/** Makes a workspace with the caller as its admin. The caller stays where they are; see switch.ts. */
export const createWorkspace = operation({
  name: 'workspace.create',
  scope: 'session',
  input: z.object({ name: z.string().trim().min(1).max(200) }),
  audit: ({ name }, workspace: Workspace) => ({
    target: workspace.id,
    workspaceId: workspace.id,
    details: { name },
  }),
  run: async (ctx, { name }) => {
    const user = await currentUser(ctx);
    const [workspace] = await ctx.db.insert(workspaces).values({ name }).returning();
    if (!workspace) throw new Error('The insert of a workspace returned nothing.');
    await ctx.db.insert(memberships).values({ workspaceId: workspace.id, userId: user.id, role: 'admin' });
    return workspace;
  },
});
