import { z } from 'zod';
import { callPlan } from './plan.ts';

/** What a worker and the control plane say to each other when another agent is to go on with a call. Pure data. */

/** POST `internalPaths.handOff(callId)`. */
export const handOffRequest = z.object({
  epoch: z.number().int().min(1).max(1_000_000),
  agentId: z.uuid(),
  /** Of that agent. Left out: the one that its traffic gives to this call. */
  versionId: z.uuid().optional(),
  /**
   * What the worker runs when it asks: an answer that was lost is given again. Left out: what the call is known to run.
   */
  fromVersionId: z.uuid().optional(),
});

/** A refusal is an answer: the agent says it and goes on itself. */
export const handOffAnswer = z.discriminatedUnion('ok', [
  /** As the plan of a call that is taken over, but without a history: the worker has it. */
  z.object({ ok: z.literal(true), plan: callPlan }),
  z.object({ ok: z.literal(false), reason: z.string() }),
]);
export type HandOffAnswer = z.output<typeof handOffAnswer>;
