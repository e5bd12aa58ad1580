import { z } from 'zod';
import {
  getTransfer,
  startTransfer,
  stepTransfer,
  type TransferView,
  transferAnswer,
  transferRequest,
  transferStep,
  transferView,
} from '../../../core/calls/transfers/index.ts';
import { route } from '../../http/route.ts';

const params = z.object({ id: z.uuid() });

const start = route({
  method: 'post',
  path: '/internal/calls/{id}/transfers',
  operationId: 'startTransfer',
  summary: 'A worker wants somebody dialed into the room of its call',
  auth: 'system',
  status: 200,
  errors: [404],
  params,
  body: transferRequest,
  returns: transferAnswer,
  handle: ({ ctx, params, body }) => startTransfer(ctx, { callId: params.id, ...body }),
});

const get = route({
  method: 'get',
  path: '/internal/transfers/{id}',
  operationId: 'getTransfer',
  summary: 'Where a transfer stands',
  auth: 'system',
  status: 200,
  errors: [404],
  params,
  returns: transferView,
  handle: async ({ ctx, params }) => viewOf(await getTransfer(ctx, { transferId: params.id })),
});

const step = route({
  method: 'post',
  path: '/internal/transfers/{id}',
  operationId: 'stepTransfer',
  summary: 'A worker’s step in a transfer',
  auth: 'system',
  status: 200,
  errors: [404],
  params,
  body: transferStep,
  returns: transferView,
  handle: async ({ ctx, params, body }) =>
    viewOf(await stepTransfer(ctx, { transferId: params.id, ...body })),
});

const viewOf = ({ status, detail }: TransferView): TransferView => ({ status, detail });

export const transferRoutes = [start, get, step];
