import { z } from 'zod';
import { resolveCallCredentials } from '../../../core/credentials/index.ts';
import { secret } from '../../../core/credentials/secret.ts';
import { remoteToolAnswer, remoteToolRequest } from '../../../core/tools/remote-tools.ts';
import { runCallTool } from '../../../core/tools/run-call-tool.ts';
import { intParam } from '../../http/params.ts';
import { route } from '../../http/route.ts';

const params = z.object({ id: z.uuid() });

const credentials = route({
  method: 'get',
  path: '/internal/calls/{id}/credentials',
  operationId: 'getCallCredentials',
  summary: 'The secrets that the agent of a running call names, for the worker in charge',
  auth: 'system',
  status: 200,
  errors: [404, 409],
  params,
  query: z.object({ epoch: intParam({ min: 1, max: 1_000_000, fallback: 1 }) }),
  returns: z.object({ credentials: z.record(z.string(), secret) }),
  handle: ({ ctx, params: { id }, query, koa }) => {
    koa.set('Cache-Control', 'no-store');
    return resolveCallCredentials(ctx, { callId: id, epoch: query.epoch });
  },
});

const useTool = route({
  method: 'post',
  path: '/internal/calls/{id}/tools',
  operationId: 'runCallTool',
  summary: 'One use of a built-in function by the agent of a running call',
  auth: 'system',
  status: 200,
  errors: [404, 409],
  params,
  body: remoteToolRequest,
  returns: remoteToolAnswer,
  handle: ({ ctx, params: { id }, body }) => runCallTool(ctx, { callId: id, ...body }),
});

export const toolRoutes = [credentials, useTool];
