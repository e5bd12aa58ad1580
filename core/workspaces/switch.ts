import { eq } from 'drizzle-orm';
import { z } from 'zod';
import { users } from '../../db/schema/users.ts';
import { isUuid } from '../../platform/ids.ts';
import { DomainError, notFound } from '../errors.ts';
import { operation } from '../operation.ts';
import { currentUser } from '../users/current-user.ts';
import { type AccessSession, issueAccess, roleIn } from '../users/session.ts';

/** Moves a signed-in user to another of their workspaces; the next sign-ins land there too. */
export const switchWorkspace = operation({
  name: 'workspace.switch',
  scope: 'session',
  input: z.object({ workspaceId: z.string() }),
  audit: ({ workspaceId }) => ({ target: workspaceId, workspaceId }),
  run: async (ctx, { workspaceId }): Promise<AccessSession> => {
    if (ctx.actor.kind !== 'user')
      throw new DomainError('forbidden', 'An API key belongs to one workspace and cannot switch.');
    const user = await currentUser(ctx);
    if (!isUuid(workspaceId) || (await roleIn(ctx.db, user, workspaceId)) === null)
      throw notFound('Workspace');
    const [moved] = await ctx.db
      .update(users)
      .set({ activeWorkspaceId: workspaceId })
      .where(eq(users.id, user.id))
      .returning();
    if (!moved) throw new Error('The update of a user returned nothing.');
    return issueAccess(ctx, moved);
  },
});
