import { z } from 'zod';
import { controlAction, supervisorMode } from '../../../../core/calls/control/index.ts';

const kinds = controlAction.options.map((option) => option.shape.kind.value) as [string, ...string[]];

/** One flat body for every kind; which fields a kind takes is checked by the operation. */
export const controlBody = z
  .object({
    command_id: z
      .string()
      .trim()
      .min(1)
      .max(200)
      .meta({ description: 'Yours. The same id is carried out once and gets the same answer.' }),
    kind: z.enum(kinds).meta({
      description:
        'say: said as it stands. message: as if the caller had written it. instruct, whisper: for the agent alone (whisper with `to: person`: said to the person of a transfer). mute, unmute. end. pause_recording, resume_recording. transfer, cancel_transfer. hand_off: another agent goes on. dtmf. supervise: changes what a supervisor in the call may do. take_over: the agent falls silent and listens. hand_back: it goes on, and knows what was said.',
    }),
    text: z.string().optional(),
    reply: z.boolean().optional().meta({ description: 'instruct, hand_back: the agent speaks at once.' }),
    to: z.string().optional(),
    target: z.string().optional().meta({ description: 'A transfer target by name, a number or a SIP URI.' }),
    mode: z
      .string()
      .optional()
      .meta({ description: 'transfer: cold, warm or conference. supervise: as POST …/supervise.' }),
    agent_id: z.string().optional(),
    digits: z.string().optional(),
    identity: z.string().optional(),
    note: z.string().optional(),
  })
  .meta({ id: 'ControlCommand' });

export const controlWireNames = {
  commandId: 'command_id',
  'action.agentId': 'agent_id',
  ...Object.fromEntries(
    ['kind', 'text', 'reply', 'to', 'target', 'mode', 'digits', 'identity', 'note'].map((name) => [
      `action.${name}`,
      name,
    ]),
  ),
};

export const controlOut = z
  .object({
    command_id: z.string(),
    kind: z.string(),
    status: z.enum(['applied', 'refused', 'pending']).meta({
      description: 'pending: the agent has not answered within two seconds; ask again with the same id.',
    }),
    detail: z.string().meta({ description: 'What was done, or why not.' }),
  })
  .meta({ id: 'ControlResult' });

export const superviseBody = z.object({
  command_id: z
    .string()
    .min(1)
    .max(200)
    .optional()
    .meta({ description: 'Yours. The same id with the same mode gets the same seat again.' }),
  mode: supervisorMode.default('listen').meta({
    description:
      'listen: hears everything, unseen. whisper_agent: heard by the agent alone. whisper_person: heard by the person of a transfer alone. barge: heard by everybody.',
  }),
});

export const seatOut = z
  .object({
    token: z.string(),
    url: z.string(),
    room: z.string(),
    identity: z.string(),
    mode: supervisorMode,
  })
  .meta({ id: 'SupervisorSeat' });
