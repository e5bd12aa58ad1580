import { z } from 'zod';
import { agentDefinition } from '../agents/definition.ts';

/**
 * The call plan: a resolved, immutable snapshot of everything a worker needs for one call.
 * Pure data, shared by control plane, jobs and worker.
 */
export const callPlan = z.object({
  callId: z.uuid(),
  /** Which worker incarnation of the call this is: 1, then +1 for every rescue. Event seq starts at 1 in each. */
  epoch: z.number().int().min(1),
  workspaceId: z.uuid(),
  agent: z.object({ id: z.uuid(), versionId: z.uuid(), name: z.string() }),
  channel: z.enum(['phone', 'web']),
  direction: z.enum(['inbound', 'outbound']),
  roomName: z.string(),
  /** Identity of the person to talk with; null: whoever joins first. */
  callerIdentity: z.string().nullable(),
  fromNumber: z.string().nullable(),
  toNumber: z.string().nullable(),
  /** Prompt and first message have their variables filled in. */
  definition: agentDefinition,
  variables: z.record(z.string(), z.string()),
  /** The agent has files to look things up in (found-passage.ts says how). Left out: none. */
  knowledge: z.boolean().optional(),
  /** How long the agent waits in the room for the person before it gives up. */
  joinTimeoutMs: z.number().int(),
  /**
   * A supervisor has told the agent to keep silent, and the worker before this one was lost. Left out: it may speak.
   */
  silence: z.object({ muted: z.boolean(), takenOver: z.boolean() }).optional(),
  /** What was said before this worker took the call over; null on a first dispatch. */
  resume: z
    .object({
      history: z.array(z.object({ role: z.enum(['user', 'agent']), text: z.string() })),
      /** Functions that were called, after how many of the turns, in words for the model. Left out: none. */
      done: z.array(z.object({ turns: z.number().int(), words: z.string() })).optional(),
      answeredAt: z.number(),
      /** The caller has been told of the recording, and it went on or was paused. Left out: it had not begun. */
      recording: z.enum(['on', 'paused']).optional(),
      /** Who was asked to join caller and agent. `recorded`: they know of the recording. Left out: nobody. */
      guests: z.array(z.object({ identity: z.string(), name: z.string(), recorded: z.boolean() })).optional(),
    })
    .nullable(),
});
export type CallPlan = z.output<typeof callPlan>;

/** The metadata of a LiveKit agent dispatch: the plan itself, or how to get it from the control plane. */
export const dispatchMetadata = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('plan'), plan: callPlan }),
  z.object({ kind: z.literal('call'), callId: z.uuid(), epoch: z.number().int() }),
  z.object({ kind: z.literal('inbound'), phoneNumberId: z.uuid() }),
]);
export type DispatchMetadata = z.output<typeof dispatchMetadata>;

/** LiveKit's attribute of somebody who called one of our numbers: its id. */
export const numberAttribute = 'trunkline.number';

/** POST {controlPlane}/internal/calls/inbound (Bearer INTERNAL_TOKEN) answers a CallPlan, 404 when nothing maps. */
export const inboundPlanRequest = z.object({ phoneNumberId: z.uuid(), roomName: z.string().min(1).max(500) });
/** GET {controlPlane}/internal/calls/{callId}/plan?epoch=N answers a CallPlan. */
export const internalPaths = {
  inbound: '/internal/calls/inbound',
  /** core/calls/transfers/wire.ts says what is sent and answered. */
  transfers: (callId: string) => `/internal/calls/${callId}/transfers`,
  transfer: (transferId: string) => `/internal/transfers/${transferId}`,
  /** core/calls/hand-off-wire.ts. */
  handOff: (callId: string) => `/internal/calls/${callId}/hand-off`,
  plan: (callId: string, epoch: number) => `/internal/calls/${callId}/plan?epoch=${epoch}`,
  /** What a plan must not carry: the secrets that the agent's functions and tool servers need. */
  credentials: (callId: string, epoch: number) => `/internal/calls/${callId}/credentials?epoch=${epoch}`,
  /** POST: one use of a function that the control plane carries out (core/tools/remote-tools.ts). */
  tools: (callId: string) => `/internal/calls/${callId}/tools`,
} as const;

/** Names by which control plane, jobs and worker know each other in a room. */
export const agentIdentity = (callId: string, epoch: number): string => `agent-${callId}-${epoch}`;
export const callerIdentity = (callId: string): string => `caller-${callId}`;
/** Somebody who is dialed in to take the caller over (core/calls/transfers/). */
export const personIdentity = (transferId: string): string => `person-${transferId}`;
export const isPersonIdentity = (identity: string): boolean => identity.startsWith('person-');
/** Somebody of ours who listens or takes part (core/calls/control/). */
export const supervisorIdentity = (id: string): string => `supervisor-${id}`;
export const isSupervisorIdentity = (identity: string): boolean => identity.startsWith('supervisor-');
/** What a supervisor may do in a call: core/calls/control/command.ts `supervisorMode`. Only the server can set it. */
export const supervisorModeAttribute = 'trunkline.supervisor';
/** Participant attribute that the agent sets on itself: joining → ready (greeting synthesised) → ended. */
export const agentStateAttribute = 'trunkline.state';
export const callIdAttribute = 'trunkline.call';
