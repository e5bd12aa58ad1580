import { z } from 'zod';
import {
  checkDefinition,
  createAgent,
  deleteAgent,
  getAgent,
  listAgents,
  updateAgent,
} from '../../../../core/agents/index.ts';
import type { Context } from '../../../../core/context.ts';
import type { FieldProblem } from '../../../../core/errors.ts';
import { idParams } from '../../../http/params.ts';
import { route, toWireName } from '../../../http/route.ts';
import { soundPart } from '../../../http/sound-part.ts';
import { definitionOf } from '../agent-definition.ts';
import { presentAgentFor } from '../presenters/agent.ts';
import { agentCreate, agentOut, agentUpdate, agentWireNames } from '../schemas/agent.ts';
import { agentUsageRoute } from './agent-usage.ts';

const present = presentAgentFor;

const list = route({
  method: 'get',
  path: '/agents',
  operationId: 'listAgents',
  summary: 'The agents of the workspace, oldest first',
  auth: 'member',
  status: 200,
  returns: z.array(agentOut),
  handle: async ({ ctx }) => (await listAgents(ctx, {})).map((agent) => present(ctx, agent)),
});

/** Why an agent could not work even if what does not fit were mended; of a field that does not fit nothing more. */
async function alsoWrong(
  ctx: Context,
  { body, problems }: { body: unknown; problems: readonly FieldProblem[] },
  agentId?: string,
): Promise<FieldProblem[]> {
  const sound = soundPart(body, problems);
  if (sound === null) return [];
  const fields = agentUpdate.safeParse(sound.body);
  if (!fields.success) return [];
  const definition = definitionOf(fields.data);
  const { errors } = await checkDefinition(ctx, { agentId, definition });
  const told = new Set(problems.map(({ path }) => path));
  return errors
    .map(({ path, message }) => {
      const wirePath = toWireName(`definition.${path}`, agentWireNames);
      return { path: sound.sentPath(wirePath), message };
    })
    .filter(({ path }) => !told.has(path));
}

const create = route({
  method: 'post',
  path: '/agents',
  operationId: 'createAgent',
  summary: 'Create an agent',
  auth: 'developer',
  keyScope: 'agents:write',
  status: 201,
  errors: [409],
  body: agentCreate,
  returns: agentOut,
  wireNames: agentWireNames,
  alsoWrong: ({ ctx, ...sent }) => alsoWrong(ctx, sent),
  handle: async ({ ctx, body }) =>
    present(
      ctx,
      await createAgent(ctx, {
        name: body.agent_name,
        phoneNumber: body.phone_number ?? undefined,
        webSlug: body.web_slug,
        definition: definitionOf(body),
      }),
    ),
});

const get = route({
  method: 'get',
  path: '/agents/{id}',
  operationId: 'getAgent',
  summary: 'One agent',
  auth: 'member',
  status: 200,
  params: idParams,
  returns: agentOut,
  handle: async ({ ctx, params }) => present(ctx, await getAgent(ctx, { agentId: params.id })),
});

const update = route({
  method: 'put',
  path: '/agents/{id}',
  operationId: 'updateAgent',
  summary: 'Change an agent; what is left out stays',
  auth: 'developer',
  keyScope: 'agents:write',
  status: 200,
  errors: [409],
  params: idParams,
  body: agentUpdate,
  returns: agentOut,
  wireNames: agentWireNames,
  alsoWrong: ({ ctx, params, ...sent }) => alsoWrong(ctx, sent, params.id),
  handle: async ({ ctx, params, body }) => {
    const current = await getAgent(ctx, { agentId: params.id });
    const agent = await updateAgent(ctx, {
      agentId: params.id,
      name: body.agent_name,
      phoneNumber: body.phone_number ?? undefined,
      webSlug: body.web_slug,
      definition: definitionOf(body, current.definition),
    });
    return present(ctx, agent);
  },
});

const remove = route({
  method: 'delete',
  path: '/agents/{id}',
  operationId: 'deleteAgent',
  summary: 'Delete an agent; its calls stay, its numbers lead nowhere',
  auth: 'developer',
  status: 204,
  errors: [409],
  params: idParams,
  handle: async ({ ctx, params }) => {
    await deleteAgent(ctx, { agentId: params.id });
    return undefined;
  },
});

export const agentRoutes = [list, create, get, update, remove, agentUsageRoute];
