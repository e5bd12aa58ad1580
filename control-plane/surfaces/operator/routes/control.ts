import { type ControlAction, controlCall, superviseCall } from '../../../../core/calls/control/index.ts';
import { idParams } from '../../../http/params.ts';
import { route } from '../../../http/route.ts';
import { controlBody, controlOut, controlWireNames, seatOut, superviseBody } from '../schemas/control.ts';

const control = route({
  method: 'post',
  path: '/calls/{id}/control',
  operationId: 'controlCall',
  summary: 'Ask something of a live call: say, whisper, mute, transfer, take over …',
  description:
    'Answers within about two seconds whether the agent has done it, or why not. A call that is over, or that goes on without its agent, is a 409.',
  auth: 'developer',
  keyScope: 'calls:write',
  status: 200,
  errors: [404, 409],
  params: idParams,
  body: controlBody,
  returns: controlOut,
  wireNames: controlWireNames,
  handle: async ({ ctx, params, body }) => {
    const { command_id, agent_id, ...rest } = body;
    const action = { ...rest, ...(agent_id === undefined ? {} : { agentId: agent_id }) } as ControlAction;
    const result = await controlCall(ctx, { callId: params.id, commandId: command_id, action });
    return { command_id: result.commandId, kind: result.kind, status: result.status, detail: result.detail };
  },
});

const supervise = route({
  method: 'post',
  path: '/calls/{id}/supervise',
  operationId: 'superviseCall',
  summary: 'A supervisor’s way into the room of a live call',
  description: 'Join `room` at `url` with `token` within ten minutes, with any LiveKit client.',
  auth: 'developer',
  keyScope: 'calls:write',
  status: 200,
  errors: [404, 409],
  params: idParams,
  body: superviseBody,
  returns: seatOut,
  wireNames: { commandId: 'command_id' },
  handle: ({ ctx, params, body: { mode, command_id } }) =>
    superviseCall(ctx, { callId: params.id, mode, ...(command_id && { commandId: command_id }) }),
});

export const controlRoutes = [control, supervise];
