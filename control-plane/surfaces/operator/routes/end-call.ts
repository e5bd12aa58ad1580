import { z } from 'zod';
import { requestAnalysis } from '../../../../core/analyses/index.ts';
import { endCall } from '../../../../core/calls/index.ts';
import { idParams } from '../../../http/params.ts';
import { route } from '../../../http/route.ts';

const hangUp = route({
  method: 'post',
  path: '/calls/{id}/end',
  operationId: 'endCall',
  summary: 'Hang up; a call that is over stays as it is',
  auth: 'member',
  status: 202,
  params: idParams,
  returns: z.object({ call_id: z.uuid(), status: z.string() }),
  handle: async ({ ctx, params }) => {
    const call = await endCall(ctx, { callId: params.id });
    return { call_id: call.id, status: call.status };
  },
});

const analyze = route({
  method: 'post',
  path: '/calls/{id}/analyze',
  operationId: 'analyzeCall',
  summary: 'Analyse a finished call again, for example with another model',
  description:
    'The result is in GET /calls/{id} once its `run` is there. While a run is under way, it is the answer.',
  auth: 'developer',
  status: 202,
  errors: [409],
  params: idParams,
  returns: z.object({ call_id: z.uuid(), run: z.number().int(), status: z.enum(['pending', 'done']) }),
  handle: async ({ ctx, params }) => {
    const { callId, run, status } = await requestAnalysis(ctx, { callId: params.id });
    return { call_id: callId, run, status };
  },
});

export const endCallRoutes = [hangUp, analyze];
