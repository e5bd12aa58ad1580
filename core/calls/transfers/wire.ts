import { z } from 'zod';

/** What a worker and the control plane say to each other about transfers. Pure data. */

export const transferStatus = z.enum([
  ...(['calling', 'briefing', 'accepted', 'joined', 'declined'] as const),
  ...(['no_answer', 'busy', 'voicemail', 'failed', 'cancelled'] as const),
]);

/** POST `internalPaths.transfers(callId)`. */
export const transferRequest = z.object({
  epoch: z.number().int().min(1).max(1_000_000),
  /** The same key asks for the same transfer. */
  requestKey: z.string().min(1).max(300),
  /** Name of a target of the agent, a number or a SIP URI. */
  target: z.string().max(300),
  mode: z.enum(['warm', 'bridge', 'conference']),
});

/** What is wrong with a request is an answer, not an error: the agent says it and the call goes on. */
export const transferAnswer = z.discriminatedUnion('ok', [
  z.object({
    ok: z.literal(true),
    transferId: z.uuid(),
    name: z.string(),
    to: z.string(),
    /** How the person who is called sees the caller's number, for the briefing; null: unknown. */
    callerNumber: z.string().nullable(),
  }),
  z.object({ ok: z.literal(false), reason: z.string() }),
]);
export type TransferAnswer = z.output<typeof transferAnswer>;

/** GET `internalPaths.transfer(id)`, and the answer of a POST there. */
export const transferView = z.object({ status: transferStatus, detail: z.string() });
export type TransferView = z.output<typeof transferView>;

/** POST `internalPaths.transfer(id)`: the worker's step. */
export const transferStep = z.object({
  status: transferStatus.exclude(['calling']),
  detail: z.string().max(2_000).default(''),
});
export type TransferStep = z.input<typeof transferStep>;
