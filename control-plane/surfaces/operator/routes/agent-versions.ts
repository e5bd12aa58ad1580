import { z } from 'zod';
import {
  type AgentDraft,
  type AgentWithDefinition,
  checkAgent,
  discardDraft,
  getAgent,
  getDraft,
  getTraffic,
  getVersion,
  listVersions,
  publishVersion,
  rollBack,
  saveDraft,
  setTraffic,
} from '../../../../core/agents/index.ts';
import type { Context } from '../../../../core/context.ts';
import { notFound } from '../../../../core/errors.ts';
import { versionField } from '../../../../core/fields.ts';
import { idParams, intParam, wholeParam } from '../../../http/params.ts';
import { route } from '../../../http/route.ts';
import { definitionOf } from '../agent-definition.ts';
import { presentAgentFor } from '../presenters/agent.ts';
import { presentCheck, presentTraffic, presentVersion } from '../presenters/agent-version.ts';
import { agentOut, agentUpdate, agentWireNames } from '../schemas/agent.ts';
import {
  agentCheckOut,
  agentDraftOut,
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

const seeDraft = route({
  method: 'get',
  path: '/agents/{id}/draft',
  operationId: 'getAgentDraft',
  summary: 'The draft of an agent, with what is wrong with it; 404 while there is none',
  auth: 'member',
  status: 200,
  params: idParams,
  returns: agentDraftOut,
  handle: ({ ctx, params }) => presentDraft(ctx, params.id),
});

const writeDraft = route({
  method: 'put',
  path: '/agents/{id}/draft',
  operationId: 'saveAgentDraft',
  summary: 'Change the draft, or begin one on the live version; what is left out stays',
  description:
    'Name, phone number and web slug are not part of a version: here they change nothing. What cannot work may be saved and is listed in `errors`.',
  auth: 'developer',
  keyScope: 'agents:write',
  status: 200,
  params: idParams,
  body: agentUpdate,
  returns: agentDraftOut,
  wireNames: agentWireNames,
  handle: async ({ ctx, params, body }) => {
    const agentId = params.id;
    const current = (await getDraft(ctx, { agentId })) ?? (await getAgent(ctx, { agentId }));
    await saveDraft(ctx, { agentId, definition: definitionOf(body, current.definition) });
    return presentDraft(ctx, agentId);
  },
});

async function presentDraft(ctx: Context, agentId: string) {
  const draft: AgentDraft | null = await getDraft(ctx, { agentId });
  if (draft === null) throw notFound('Draft');
  const agent: AgentWithDefinition = await getAgent(ctx, { agentId });
  return {
    ...presentCheck(draft),
    agent: presentAgentFor(ctx, { ...agent, definition: draft.definition }),
    base_version: draft.baseVersion,
    live_version: draft.liveVersion,
    updated_at: draft.updatedAt.toISOString(),
  };
}

const dropDraft = route({
  method: 'delete',
  path: '/agents/{id}/draft',
  operationId: 'discardAgentDraft',
  summary: 'Throw the draft away',
  auth: 'developer',
  status: 204,
  params: idParams,
  handle: async ({ ctx, params }) => {
    await discardDraft(ctx, { agentId: params.id });
    return undefined;
  },
});

const publish = route({
  method: 'post',
  path: '/agents/{id}/publish',
  operationId: 'publishAgent',
  summary: 'Make the draft the live version',
  description: 'Refused with 409 without a draft, and when another version went live since it was begun.',
  auth: 'developer',
  keyScope: 'agents:write',
  status: 200,
  errors: [409],
  params: idParams,
  body: z
    .object({ note: z.string().trim().max(1_000).optional(), overwrite: z.boolean().optional() })
    .prefault({})
    .meta({ id: 'AgentPublish' }),
  returns: agentOut,
  wireNames: agentWireNames,
  handle: async ({ ctx, params, body }) =>
    presentAgentFor(ctx, await publishVersion(ctx, { agentId: params.id, ...body })),
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

export const agentVersionRoutes = [
  ...[list, get, seeDraft, writeDraft, dropDraft, publish, undo],
  ...[seeTraffic, splitTraffic, check],
];
