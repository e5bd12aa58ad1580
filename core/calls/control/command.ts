import { createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';

/**
 * What can be asked of a live call. Pure data, shared by control plane and worker. A command travels as LiveKit data to
 * the agent alone, signed, because a data packet of somebody whom the agent does not see looks like one of the server.
 */
export const controlTopic = 'trunkline.control';

const text = z.string().trim().min(1).max(5_000);

/**
 * listen: hears everything, unseen. whisper_agent: what they say is told to the agent alone. whisper_person: only the
 * person of a transfer hears them. barge: everybody hears them.
 */
export const supervisorMode = z.enum(['listen', 'whisper_agent', 'whisper_person', 'barge']);
export type SupervisorMode = z.output<typeof supervisorMode>;

export const controlAction = z.discriminatedUnion('kind', [
  /** Said as it stands. */
  z.object({ kind: z.literal('say'), text }),
  /** As if the caller had written it: the agent answers. */
  z.object({ kind: z.literal('message'), text }),
  /** For the agent alone; with `reply` it speaks at once. */
  z.object({ kind: z.literal('instruct'), text, reply: z.boolean().default(false) }),
  /** By text: to the agent (the same as instruct), or said to the person of a transfer. */
  z.object({ kind: z.literal('whisper'), text, to: z.enum(['agent', 'person']).default('agent') }),
  z.object({ kind: z.literal('mute') }),
  z.object({ kind: z.literal('unmute') }),
  z.object({ kind: z.literal('end') }),
  /** Nothing is kept of what is said meanwhile. */
  z.object({ kind: z.literal('pause_recording') }),
  z.object({ kind: z.literal('resume_recording') }),
  z.object({
    kind: z.literal('transfer'),
    /** Name of a target, a number or a SIP URI. Empty: the agent's first target. */
    target: z.string().trim().max(300).default(''),
    mode: z.enum(['cold', 'warm', 'conference']).optional(),
  }),
  z.object({ kind: z.literal('cancel_transfer') }),
  z.object({ kind: z.literal('hand_off'), agentId: z.uuid() }),
  z.object({
    kind: z.literal('dtmf'),
    digits: z
      .string()
      .trim()
      .regex(/^[0-9A-D*#w]{1,40}$/i, 'digits, *, #, A to D, and w for half a second; at most 40'),
  }),
  /** Changes what a supervisor who is in the call may do. */
  z.object({ kind: z.literal('supervise'), identity: z.string().min(1).max(200), mode: supervisorMode }),
  /** The agent falls silent and keeps listening. */
  z.object({ kind: z.literal('take_over') }),
  /** The agent goes on, and knows what was said meanwhile; with `reply` it speaks at once. */
  z.object({
    kind: z.literal('hand_back'),
    note: z.string().trim().max(5_000).default(''),
    reply: z.boolean().default(true),
  }),
]);
export type ControlAction = z.output<typeof controlAction>;
export type ControlKind = ControlAction['kind'];

export const controlCommand = z.object({
  /** Given by whoever asks: the same id is carried out once and gets the same answer. */
  id: z.string().min(1).max(200),
  callId: z.uuid(),
  action: controlAction,
});
export type ControlCommand = z.output<typeof controlCommand>;

const envelope = z.object({ command: z.string(), signature: z.string() });

const sign = (command: string, secret: string): string =>
  createHmac('sha256', secret).update(`${controlTopic}\n${command}`).digest('hex');

/** The data packet of a command. */
export function sealCommand(command: ControlCommand, secret: string): Uint8Array {
  const text = JSON.stringify(command);
  return new TextEncoder().encode(JSON.stringify({ command: text, signature: sign(text, secret) }));
}

/** The command in a data packet; undefined when it is none, or not signed by the control plane of this installation. */
export function openCommand(payload: Uint8Array, secret: string): ControlCommand | undefined {
  const packet = envelope.safeParse(parseJson(new TextDecoder().decode(payload)));
  if (!packet.success || secret === '') return undefined;
  const expected = Buffer.from(sign(packet.data.command, secret));
  const given = Buffer.from(packet.data.signature);
  if (expected.length !== given.length || !timingSafeEqual(expected, given)) return undefined;
  const command = controlCommand.safeParse(parseJson(packet.data.command));
  return command.success ? command.data : undefined;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
