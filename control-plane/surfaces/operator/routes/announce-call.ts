import { z } from 'zod';
import { announceCall } from '../../../../core/calls/index.ts';
import { variablesField, versionField } from '../../../../core/fields.ts';
import { route } from '../../../http/route.ts';
import { e164 } from '../schemas/number.ts';

export const announceRoute = route({
  method: 'post',
  path: '/calls/announce',
  operationId: 'announceCall',
  summary: 'Say what agent, version and variables a call will run that is about to come in',
  description:
    'For trying an agent out by phone. The call has to be dialed within a minute, once, with `dial_as` as the caller’s number; that number is a secret. The call’s id is `call_id`.',
  auth: 'member',
  keyScope: 'calls:write',
  status: 201,
  errors: [404],
  limit: { name: 'announce-call', points: 600, durationMs: 60_000 },
  body: z
    .object({
      phone_number: e164.meta({ description: 'A number of the workspace, which will be dialed.' }),
      agent_id: z.uuid().optional().meta({ description: 'Left out: the agent of the number.' }),
      agent_version: versionField.optional().meta({ description: 'Left out: the version that calls run.' }),
      dynamic_variables: variablesField.optional(),
      caller_number: e164.optional().meta({ description: 'Whom the agent takes for the caller.' }),
    })
    .meta({ id: 'CallAnnouncement' }),
  returns: z.object({
    call_id: z.uuid(),
    dial_as: z.string(),
    agent_id: z.uuid(),
    agent_version_id: z.uuid(),
    expires_at: z.iso.datetime(),
  }),
  wireNames: {
    phoneNumber: 'phone_number',
    agentId: 'agent_id',
    version: 'agent_version',
    variables: 'dynamic_variables',
    callerNumber: 'caller_number',
  },
  handle: async ({ ctx, body }) => {
    const { id, dialAs, agentId, agentVersionId, expiresAt } = await announceCall(ctx, {
      phoneNumber: body.phone_number,
      agentId: body.agent_id,
      version: body.agent_version,
      variables: body.dynamic_variables,
      callerNumber: body.caller_number,
    });
    return {
      ...{ call_id: id, dial_as: dialAs, agent_id: agentId, agent_version_id: agentVersionId },
      expires_at: expiresAt.toISOString(),
    };
  },
});
