import { z } from 'zod';
import {
  createWorkspace,
  getWorkspace,
  listWorkspaces,
  switchWorkspace,
  updateWorkspace,
} from '../../../../core/workspaces/index.ts';
import { idParams } from '../../../http/params.ts';
import { route } from '../../../http/route.ts';
import { presentAccess, presentWorkspace } from '../presenters/account.ts';
import { accessOut, workspaceOut } from '../schemas/account.ts';
import { setAccessCookie } from '../session-cookies.ts';

const create = route({
  method: 'post',
  path: '/workspaces',
  operationId: 'createWorkspace',
  summary: 'Create a workspace with the caller as its admin',
  auth: 'session',
  keyScope: 'workspace:write',
  status: 201,
  errors: [403],
  body: z
    .object({ name: z.string().trim().min(1, 'must not be empty').max(200) })
    .meta({ id: 'WorkspaceCreate' }),
  returns: workspaceOut,
  handle: async ({ ctx, body }) => {
    const workspace = await createWorkspace(ctx, body);
    return presentWorkspace({ ...workspace, role: 'admin' });
  },
});

const list = route({
  method: 'get',
  path: '/workspaces',
  operationId: 'listWorkspaces',
  summary: 'The workspaces the caller belongs to; a superuser sees all',
  auth: 'session',
  status: 200,
  errors: [403],
  returns: z.array(workspaceOut),
  handle: async ({ ctx }) => (await listWorkspaces(ctx, {})).map(presentWorkspace),
});

const move = route({
  method: 'post',
  path: '/workspaces/switch',
  operationId: 'switchWorkspace',
  summary: 'Move to another workspace; answers a new access token and sets its cookie',
  auth: 'session',
  status: 200,
  errors: [403, 404],
  body: z.object({ workspace_id: z.uuid() }).meta({ id: 'WorkspaceSwitch' }),
  returns: accessOut,
  handle: async ({ ctx, body, koa }) => {
    const session = await switchWorkspace(ctx, { workspaceId: body.workspace_id });
    setAccessCookie(ctx, koa, session);
    return presentAccess(session);
  },
});

const get = route({
  method: 'get',
  path: '/workspaces/{id}',
  operationId: 'getWorkspace',
  summary: 'One workspace',
  auth: 'member',
  status: 200,
  params: idParams,
  returns: workspaceOut,
  handle: async ({ ctx, params }) => presentWorkspace(await getWorkspace(ctx, { workspaceId: params.id })),
});

const update = route({
  method: 'patch',
  path: '/workspaces/{id}',
  operationId: 'updateWorkspace',
  summary: 'Change the active workspace',
  description: 'What is left out stays. A retention counts for the recordings that are there as well.',
  auth: 'admin',
  keyScope: 'workspace:write',
  status: 200,
  params: idParams,
  body: z
    .object({
      name: z.string().trim().min(1, 'must not be empty').max(200).optional(),
      recording_retention_days: z.number().int().min(1).max(36_500).nullable().optional(),
    })
    .meta({ id: 'WorkspaceUpdate' }),
  returns: workspaceOut,
  handle: async ({ ctx, params, body }) =>
    presentWorkspace(
      await updateWorkspace(ctx, {
        workspaceId: params.id,
        name: body.name,
        recordingRetentionDays: body.recording_retention_days,
      }),
    ),
});

export const workspaceRoutes = [create, list, move, get, update];
