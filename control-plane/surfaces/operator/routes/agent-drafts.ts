import { z } from 'zod';
import {
  type AgentDraft,
  type AgentWithDefinition,
  discardDraft,
  getAgent,
  getDraft,
  keepDraft,
  publishVersion,
  saveDraft,
} from '../../../../core/agents/index.ts';
import type { Context } from '../../../../core/context.ts';
import { notFound } from '../../../../core/errors.ts';
import { idParams } from '../../../http/params.ts';
import { route } from '../../../http/route.ts';
import { definitionOf } from '../agent-definition.ts';
import { presentAgentFor } from '../presenters/agent.ts';
import { presentCheck, presentVersion } from '../presenters/agent-version.ts';
import { agentOut, agentUpdate, agentWireNames } from '../schemas/agent.ts';
import { agentDraftOut, agentVersionOut } from '../schemas/agent-version.ts';

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

const keep = route({
  method: 'post',
  path: '/agents/{id}/versions',
  operationId: 'keepAgentDraft',
  summary: 'Keep the draft as a version to try, which no calls run unless they ask for it',
  description:
    'The draft stays. Kept again without a change it is the same version; publishing it makes just that one live. Refused with 409 without a draft, with 400 when it cannot work.',
  auth: 'developer',
  status: 200,
  errors: [409],
  params: idParams,
  returns: agentVersionOut,
  wireNames: agentWireNames,
  handle: async ({ ctx, params }) => presentVersion(await keepDraft(ctx, { agentId: params.id })),
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

export const agentDraftRoutes = [seeDraft, writeDraft, dropDraft, keep, publish];
