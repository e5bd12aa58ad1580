import { z } from 'zod';
import { notFound } from '../errors.ts';
import { operation } from '../operation.ts';
import { visibleWorkspaces } from './workspace.ts';

export const getWorkspace = operation({
  name: 'workspace.get',
  scope: 'session',
  input: z.object({ workspaceId: z.string() }),
  reads: true,
  run: async (ctx, { workspaceId }) => {
    const workspace = (await visibleWorkspaces(ctx)).find(({ id }) => id === workspaceId.toLowerCase());
    if (!workspace) throw notFound('Workspace');
    return workspace;
  },
});
