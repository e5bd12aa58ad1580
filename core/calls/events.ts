import { z } from 'zod';

/**
 * What a worker reports about a call: an append-only stream, numbered from 1 without gaps within one
 * (call, epoch), idempotent on (callId, epoch, seq). The last event of an orderly call is `ended`.
 */

/** The waterfall of one agent turn, all in ms. Null: not measured (a greeting has no user before it). */
export const turnLatency = z.object({
  /** End of the caller's speech → final transcript. */
  transcriptionMs: z.number().nullable(),
  /** End of the caller's speech → end of turn decided. */
  endOfTurnMs: z.number().nullable(),
  /** Request → first token of the language model. */
  llmFirstTokenMs: z.number().nullable(),
  /** First text → first audio byte of the synthesis. */
  ttsFirstByteMs: z.number().nullable(),
  /** End of the caller's speech → agent audible: the number a caller feels. */
  totalMs: z.number().nullable(),
});
export type TurnLatency = z.output<typeof turnLatency>;

export const endReason = z.enum([
  'caller_hung_up',
  'agent_hung_up',
  /** A machine answered, and the agent did what its definition says about machines. */
  'voicemail',
  'operator_hung_up',
  'transferred',
  'max_duration',
  'caller_never_joined',
  'room_closed',
  'provider_failed',
  'internal_error',
  'worker_stopped',
]);
export type EndReason = z.output<typeof endReason>;

const body = z.discriminatedUnion('type', [
  z.object({ type: z.literal('agent.joined'), hostId: z.string(), identity: z.string() }),
  /** The greeting is synthesised: the caller may be dialed. */
  z.object({ type: z.literal('agent.ready'), preparedMs: z.number() }),
  z.object({
    type: z.literal('caller.joined'),
    identity: z.string(),
    attributes: z.record(z.string(), z.string()),
  }),
  /** The line is up: a SIP leg is active, a visitor is connected. Zero of every "after answer" time. */
  z.object({ type: z.literal('call.answered') }),
  z.object({ type: z.literal('agent.first_word'), afterAnswerMs: z.number() }),
  z.object({ type: z.literal('user.turn'), text: z.string(), startedAt: z.number(), endedAt: z.number() }),
  z.object({
    type: z.literal('agent.turn'),
    text: z.string(),
    source: z.enum(['greeting', 'reply', 'say', 'apology']),
    interrupted: z.boolean(),
    startedAt: z.number(),
    endedAt: z.number(),
    latency: turnLatency.nullable(),
    /** Who heard, thought and spoke, where a fallback may have; left out: the first ones of the definition. */
    providers: z.object({ stt: z.string(), llm: z.string(), tts: z.string() }).optional(),
  }),
  z.object({
    type: z.literal('tool.called'),
    toolCallId: z.string(),
    name: z.string(),
    arguments: z.unknown(),
  }),
  z.object({
    type: z.literal('tool.returned'),
    toolCallId: z.string(),
    name: z.string(),
    ok: z.boolean(),
    result: z.unknown(),
    durationMs: z.number(),
    /** HTTP status of a custom function's last answer. */
    status: z.number().int().optional(),
    /** How often it was tried, where it was more than once. */
    attempts: z.number().int().optional(),
  }),
  /** Fields by the agent's note schema. */
  z.object({
    type: z.literal('note.taken'),
    toolCallId: z.string(),
    fields: z.record(z.string(), z.unknown()),
  }),
  z.object({ type: z.literal('interrupted'), spokenText: z.string() }),
  z.object({ type: z.literal('dtmf.received'), digit: z.string() }),
  /** Somebody is dialed into the room (core/calls/transfers/). A transfer by REFER has no id and only its end. */
  z.object({
    type: z.literal('transfer.started'),
    transferId: z.uuid(),
    name: z.string(),
    to: z.string(),
    mode: z.enum(['warm', 'bridge', 'conference']),
  }),
  /** The person has answered and is told what the call is about. */
  z.object({ type: z.literal('transfer.briefing'), transferId: z.uuid(), text: z.string() }),
  z.object({
    type: z.literal('transfer.finished'),
    to: z.string(),
    ok: z.boolean(),
    detail: z.string(),
    transferId: z.uuid().optional(),
    /** Status of the transfer, or `referred`, `refused`. */
    outcome: z.string().optional(),
    /** Of somebody who has joined: they are recorded too, and know it. */
    recorded: z.boolean().optional(),
  }),
  /**
   * The agent has put the caller through: the call goes on without it. The last event of its worker, unless that stays
   * as the `recorder`: then `recording.stopped` says that it has gone too, and `ended`, if it saw the end of the call.
   */
  z.object({
    type: z.literal('call.bridged'),
    transferId: z.uuid(),
    to: z.string(),
    recorder: z.boolean().optional(),
  }),
  /** Another agent goes on with the call. */
  z.object({
    type: z.literal('agent.handed_off'),
    ok: z.boolean(),
    fromAgentId: z.uuid(),
    fromVersionId: z.uuid(),
    toAgentId: z.string(),
    toVersionId: z.string(),
    toName: z.string(),
    detail: z.string(),
  }),
  /** A command of a supervisor (core/calls/control/), carried out or not. */
  z.object({
    type: z.literal('control.applied'),
    commandId: z.string(),
    kind: z.string(),
    detail: z.string(),
  }),
  z.object({
    type: z.literal('control.refused'),
    commandId: z.string(),
    kind: z.string(),
    detail: z.string(),
  }),
  /** Somebody of ours who takes part by voice has joined (`mode`), or left (null). */
  z.object({ type: z.literal('supervisor.changed'), identity: z.string(), mode: z.string().nullable() }),
  /** What a supervisor or a person put through said while the agent was in the room. */
  z.object({
    type: z.literal('human.turn'),
    identity: z.string(),
    /** caller: the caller heard it. agent: it was whispered to the agent. */
    heardBy: z.enum(['caller', 'agent', 'person']),
    text: z.string(),
    startedAt: z.number(),
    endedAt: z.number(),
  }),
  z.object({
    type: z.literal('error'),
    source: z.enum(['stt', 'llm', 'tts', 'tool', 'session']),
    provider: z.string(),
    message: z.string(),
    recoverable: z.boolean(),
  }),
  /** What answered an outbound call; a later one corrects an earlier one. */
  z.object({
    type: z.literal('amd.verdict'),
    verdict: z.enum(['human', 'machine', 'ivr', 'screening', 'uncertain']),
    /** Why, in words. */
    reasons: z.array(z.string()),
    afterAnswerMs: z.number(),
    /** What the other side had said by then. */
    transcript: z.string(),
  }),
  z.object({ type: z.literal('recording.started') }),
  z.object({ type: z.literal('recording.paused') }),
  z.object({ type: z.literal('recording.resumed') }),
  /** What was recorded in all by this worker; with a detail it was not all of the call. */
  z.object({ type: z.literal('recording.stopped'), durationMs: z.number(), detail: z.string() }),
  /** A provider failed and another one goes on in its place; `reason` is the last fault. */
  z.object({
    type: z.literal('provider.switched'),
    source: z.enum(['stt', 'llm', 'tts']),
    from: z.string(),
    to: z.string(),
    reason: z.string(),
  }),
  z.object({ type: z.literal('usage'), models: z.array(z.record(z.string(), z.unknown())) }),
  z.object({ type: z.literal('ended'), reason: endReason, detail: z.string() }),
]);
export type CallEventBody = z.output<typeof body>;
export type CallEventType = CallEventBody['type'];

export const callEvent = z.intersection(
  z.object({
    callId: z.uuid(),
    epoch: z.number().int().min(1),
    seq: z.number().int().min(1),
    /** Epoch milliseconds on the worker's clock; a clock may be wrong, but not beyond what a date can hold. */
    at: z.number().min(0).max(8_640_000_000_000),
  }),
  body,
);
export type CallEvent = z.output<typeof callEvent>;
