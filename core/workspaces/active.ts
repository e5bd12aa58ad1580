import type { WorkspaceContext } from '../context.ts';
import { notFound } from '../errors.ts';

/** A path names a workspace, and the caller acts in one: they must be the same. Throws not_found. */
export function requireActive(ctx: Pick<WorkspaceContext, 'workspaceId'>, workspaceId: string): void {
  if (workspaceId.toLowerCase() !== ctx.workspaceId) throw notFound('Workspace');
}
