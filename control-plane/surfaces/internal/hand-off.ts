import { z } from 'zod';
import { handOffCall } from '../../../core/calls/hand-off.ts';
import { handOffAnswer, handOffRequest } from '../../../core/calls/hand-off-wire.ts';
import { route } from '../../http/route.ts';

export const handOffRoute = route({
  method: 'post',
  path: '/internal/calls/{id}/hand-off',
  operationId: 'handOffCall',
  summary: 'Another agent goes on with a call',
  auth: 'system',
  status: 200,
  errors: [404],
  params: z.object({ id: z.uuid() }),
  body: handOffRequest,
  returns: handOffAnswer,
  handle: ({ ctx, params, body }) => handOffCall(ctx, { callId: params.id, ...body }),
});
