import type { DialOutcome, Disposition } from '../db/schema/calls.ts';

export { dispositions } from '../db/schema/calls.ts';

/** What the rules look at. Times are Dates of the call's row. */
export interface CallFacts {
  readonly channel: 'phone' | 'web';
  readonly direction: 'inbound' | 'outbound';
  readonly dialOutcome: DialOutcome | null;
  readonly answeredAt: Date | null;
  readonly firstWordAt: Date | null;
  readonly endReason: string | null;
  /** Turns of the person, not of the agent. */
  readonly userTurns: number;
  /** Not agent: silence of the agent after the answer is what its maker wants. */
  readonly speaksFirst: 'agent' | 'caller' | 'wait';
}

/** A live answer that hears nothing for this long counts as abandoned. */
export const abandonAfterMs = 2_000;

const faults = new Set(['provider_failed', 'internal_error', 'worker_stopped', 'no_capacity']);

/** How a call went, in one word. Rule-based and pure; the first rule that fits wins. */
export function dispositionOf(facts: CallFacts): Disposition {
  return facts.answeredAt === null ? ofUnanswered(facts) : ofAnswered(facts, facts.answeredAt);
}

function ofUnanswered({ channel, direction, dialOutcome, endReason }: CallFacts): Disposition {
  if (dialOutcome !== null && dialOutcome !== 'answered') return dialOutcome;
  if (endReason === 'operator_hung_up') return 'canceled';
  if (endReason !== null && faults.has(endReason)) return 'failed';
  if (direction === 'inbound' || channel === 'web') return 'abandoned';
  return endReason === 'caller_never_joined' || endReason === 'max_duration' ? 'no_answer' : 'unknown';
}

function ofAnswered(facts: CallFacts, answeredAt: Date): Disposition {
  const { endReason, direction, firstWordAt, userTurns, speaksFirst } = facts;
  if (endReason !== null && faults.has(endReason)) return 'failed';
  if (endReason === 'transferred') return 'transferred';
  if (endReason === 'voicemail') return 'voicemail';
  // A conversation took place, however late the agent's first word was.
  if (userTurns > 0 && (firstWordAt !== null || speaksFirst !== 'agent')) return closed(endReason);
  if (firstWordAt === null) return speaksFirst !== 'agent' ? closed(endReason) : 'abandoned';
  const late = firstWordAt.getTime() - answeredAt.getTime() > abandonAfterMs;
  return direction === 'outbound' && late && speaksFirst === 'agent' ? 'abandoned' : closed(endReason);
}

const orderly = new Set([
  'caller_hung_up',
  'agent_hung_up',
  'operator_hung_up',
  'max_duration',
  'room_closed',
  'caller_never_joined',
]);

/** An end that nobody can explain (the sweep found room and agent gone) is not called completed. */
const closed = (endReason: string | null): Disposition =>
  endReason !== null && orderly.has(endReason) ? 'completed' : 'failed';
