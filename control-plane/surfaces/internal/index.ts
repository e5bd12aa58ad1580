import type { Registry } from 'prom-client';
import { z } from 'zod';
import { getCallPlan, startInboundCall } from '../../../core/calls/index.ts';
import { callPlan, inboundPlanRequest } from '../../../core/calls/plan.ts';
import { DomainError } from '../../../core/errors.ts';
import { knowledgeAnswer, knowledgePath, knowledgeRequest } from '../../../core/knowledge/found-passage.ts';
import { lookUp } from '../../../core/knowledge/query.ts';
import { bearsSecret } from '../../http/bearer.ts';
import { intParam } from '../../http/params.ts';
import { route } from '../../http/route.ts';
import { surface } from '../../http/surface.ts';
import { handOffRoute } from './hand-off.ts';
import { putRecordingPiece } from './recordings.ts';
import { toolRoutes } from './tools.ts';
import { transferRoutes } from './transfers.ts';

interface InternalDeps {
  readonly internalToken: string;
  readonly metrics: Registry;
}

/** What our own processes ask the control plane. Not for the outside: a proxy may refuse `/internal`. */
export const internalSurface = (deps: InternalDeps) =>
  surface({
    name: 'internal',
    description: 'For workers and metrics scrapers of this installation.',
    prefixes: ['/internal'],
    security: ['internalToken'],
    errorSchema: z
      .object({ code: z.string(), message: z.string(), fields: z.array(z.unknown()) })
      .meta({ id: 'InternalError' }),
    routes: [
      inboundCall,
      plan,
      ...toolRoutes,
      ...transferRoutes,
      handOffRoute,
      putRecordingPiece,
      knowledge,
      metrics(deps.metrics),
    ],
    authenticate: async (koa) => {
      if (!bearsSecret(koa, deps.internalToken))
        throw new DomainError('unauthenticated', 'Send the internal token.');
      return { actor: { kind: 'system', process: 'internal' }, workspaceId: null, role: null };
    },
    renderError: ({ status, message, fields }) => ({ code: String(status), message, fields }),
  });

const inboundCall = route({
  method: 'post',
  path: '/internal/calls/inbound',
  operationId: 'startInboundCall',
  summary: 'The plan of a call that has come in on a number',
  auth: 'system',
  status: 200,
  errors: [404],
  body: inboundPlanRequest,
  returns: callPlan,
  handle: ({ ctx, body }) => startInboundCall(ctx, body),
});

const plan = route({
  method: 'get',
  path: '/internal/calls/{id}/plan',
  operationId: 'getCallPlan',
  summary: 'The plan of a call that a worker was dispatched to',
  auth: 'system',
  status: 200,
  errors: [409],
  params: z.object({ id: z.uuid() }),
  query: z.object({ epoch: intParam({ min: 1, max: 1_000_000, fallback: 1 }) }),
  returns: callPlan,
  handle: ({ ctx, params, query }) => getCallPlan(ctx, { callId: params.id, epoch: query.epoch }),
});

const knowledge = route({
  method: 'post',
  path: knowledgePath,
  operationId: 'lookUpKnowledge',
  summary: 'Passages of an agent’s files for what a caller has said',
  auth: 'system',
  status: 200,
  body: knowledgeRequest,
  returns: knowledgeAnswer,
  handle: ({ ctx, body }) => lookUp(ctx, body),
});

const metrics = (registry: Registry) =>
  route({
    method: 'get',
    path: '/internal/metrics',
    operationId: 'getHttpMetrics',
    summary: 'Durations of requests, for Prometheus',
    auth: 'system',
    status: 200,
    contentType: 'text/plain; version=0.0.4; charset=utf-8',
    returns: z.string(),
    handle: () => registry.metrics(),
  });
