import { z } from 'zod';
import {
  checkAgent,
  getTraffic,
  getVersion,
  listVersions,
  rollBack,
  setTraffic,
} from '../../../../core/agents/index.ts';
import { versionField } from '../../../../core/fields.ts';
import { idParams, intParam, wholeParam } from '../../../http/params.ts';
import { route } from '../../../http/route.ts';
import { presentAgentFor } from '../presenters/agent.ts';
import { presentCheck, presentTraffic, presentVersion } from '../presenters/agent-version.ts';
import { agentOut } from '../schemas/agent.ts';
import {
  agentCheckOut,
  agentVersionDetailOut,
  agentVersionOut,
  trafficOut,
} from '../schemas/agent-version.ts';

const versionParam = wholeParam({ min: 1, max: 2_000_000_000 });

const list = route({
  method: 'get',
  path: '/agents/{id}/versions',
  operationId: 'listAgentVersions',
  summary: 'Versions of an agent, newest first',
  auth: 'member',
  status: 200,
  params: idParams,
  query: z.object({
    limit: intParam({ min: 1, max: 100, fallback: 50 }),
    before: versionParam.optional().meta({ description: 'Only versions older than this.' }),
  }),
  returns: z.object({ items: z.array(agentVersionOut) }),
  handle: async ({ ctx, params, query }) => ({
    items: (await listVersions(ctx, { agentId: params.id, ...query })).map(presentVersion),
  }),
});

const get = route({
  method: 'get',
  path: '/agents/{id}/versions/{version}',
  operationId: 'getAgentVersion',
  summary: 'One version of an agent, old or live',
  auth: 'member',
  status: 200,
  params: idParams.extend({ version: versionParam }),
  returns: agentVersionDetailOut,
  handle: async ({ ctx, params }) => {
    const { agent, version } = await getVersion(ctx, { agentId: params.id, version: params.version });
    return { ...presentVersion(version), agent: presentAgentFor(ctx, agent) };
  },
});

const undo = route({
  method: 'post',
  path: '/agents/{id}/rollback',
  operationId: 'rollBackAgent',
  summary: 'Make an older version live again; without a number the one before',
  auth: 'developer',
  keyScope: 'agents:write',
  status: 200,
  errors: [409],
  params: idParams,
  body: z.object({ version: versionField.optional() }).prefault({}).meta({ id: 'AgentRollback' }),
  returns: agentOut,
  handle: async ({ ctx, params, body }) =>
    presentAgentFor(ctx, await rollBack(ctx, { agentId: params.id, ...body })),
});

const seeTraffic = route({
  method: 'get',
  path: '/agents/{id}/traffic',
  operationId: 'getAgentTraffic',
  summary: 'Which versions the calls of an agent run',
  auth: 'member',
  status: 200,
  params: idParams,
  returns: trafficOut,
  handle: async ({ ctx, params }) => presentTraffic(await getTraffic(ctx, { agentId: params.id })),
});

const splitTraffic = route({
  method: 'put',
  path: '/agents/{id}/traffic',
  operationId: 'setAgentTraffic',
  summary: 'Let a second version take a share of the calls; null ends it',
  auth: 'developer',
  keyScope: 'agents:write',
  status: 200,
  errors: [409],
  params: idParams,
  body: z
    .object({
      version: versionField.nullable(),
      percent: z.number().int().min(0).max(99).optional(),
    })
    .meta({ id: 'AgentTrafficSplit' }),
  returns: trafficOut,
  handle: async ({ ctx, params, body }) =>
    presentTraffic(await setTraffic(ctx, { agentId: params.id, ...body })),
});

const check = route({
  method: 'get',
  path: '/agents/{id}/check',
  operationId: 'checkAgent',
  summary: 'What is wrong with the live version now',
  auth: 'member',
  status: 200,
  params: idParams,
  returns: agentCheckOut,
  handle: async ({ ctx, params }) => presentCheck(await checkAgent(ctx, { agentId: params.id })),
});

export const agentVersionRoutes = [list, get, undo, seeTraffic, splitTraffic, check];
