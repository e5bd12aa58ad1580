import { z } from 'zod';
import { placeCall, startWebCall, threadKeyField } from '../../../../core/calls/index.ts';
import { phoneNumberField, variablesField } from '../../../../core/fields.ts';
import { route } from '../../../http/route.ts';
import { announceRoute } from './announce-call.ts';

const generateToken = route({
  method: 'get',
  path: '/calls/generate-token',
  operationId: 'generateToken',
  summary: 'A visitor’s way into a call with a published agent',
  description:
    'Joining `room` at `url` with `token` starts the call. `agent_id` is the id or the web slug; agents without a web slug are not published.',
  auth: 'public',
  status: 200,
  errors: [404],
  limit: { name: 'visitor-token', points: 30, durationMs: 60_000 },
  query: z.object({
    agent_id: z.string().trim().min(1, 'must not be empty').max(100),
    visitor_name: z.string().trim().max(100).optional(),
    thread_key: threadKeyField.optional().meta({
      description:
        'A secret of the visitor, 16 to 180 characters: calls with the same key, and chats of the thread `visitor:{thread_key}`, are one thread.',
    }),
  }),
  returns: z.object({
    token: z.string(),
    url: z.string(),
    room: z.string(),
    call_id: z.uuid(),
    agent_name: z.string(),
  }),
  wireNames: { threadKey: 'thread_key' },
  handle: async ({ ctx, query, koa }) => {
    koa.set('Cache-Control', 'no-store');
    const { call, token, url, roomName, agentName } = await startWebCall(ctx, {
      agent: query.agent_id,
      visitorName: query.visitor_name,
      threadKey: query.thread_key,
    });
    return { token, url, room: roomName, call_id: call.id, agent_name: agentName };
  },
});

const e164 = phoneNumberField.meta({ type: 'string', description: 'E.164', example: '+14155559876' });

const outboundCall = route({
  method: 'post',
  path: '/calls/outbound_call',
  operationId: 'placeOutboundCall',
  summary: 'Call somebody with the agent of one of the workspace’s numbers',
  auth: 'member',
  keyScope: 'calls:write',
  status: 201,
  errors: [404, 409],
  body: z
    .object({
      agent_phone_number: e164,
      phone_number_to_dial: e164,
      dynamic_variables: variablesField.nullish(),
    })
    .meta({ id: 'OutboundCall' }),
  returns: z.object({
    call_id: z.uuid(),
    status: z.string(),
    room: z.string(),
    missing_variables: z.array(z.string()),
  }),
  wireNames: {
    fromNumber: 'agent_phone_number',
    toNumber: 'phone_number_to_dial',
    variables: 'dynamic_variables',
  },
  handle: async ({ ctx, body }) => {
    const call = await placeCall(ctx, {
      fromNumber: body.agent_phone_number,
      toNumber: body.phone_number_to_dial,
      variables: body.dynamic_variables ?? {},
    });
    const { id, status, roomName, missingVariables } = call;
    return { call_id: id, status, room: roomName, missing_variables: missingVariables };
  },
});

export const beginCallRoutes = [generateToken, outboundCall, announceRoute];
