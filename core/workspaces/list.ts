import { z } from 'zod';
import { operation } from '../operation.ts';
import { visibleWorkspaces } from './workspace.ts';

export const listWorkspaces = operation({
  name: 'workspace.list',
  scope: 'session',
  input: z.object({}),
  reads: true,
  run: (ctx) => visibleWorkspaces(ctx),
});
