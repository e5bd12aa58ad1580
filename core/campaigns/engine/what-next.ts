import { sql } from 'drizzle-orm';
import type { Disposition } from '../../../db/schema/calls.ts';
import type { OperationContext } from '../../context.ts';
import type { Campaign } from '../campaign.ts';
import { isNoNumber, nextTry, retryKind, retrySettings } from '../retries.ts';
import { placeOfKey } from '../rules/index.ts';
import type { Ended } from './day.ts';
import type { Person } from './person.ts';
import { rulesOf } from './rules-of.ts';

export const callBackPriority = 9;

interface Settled {
  readonly campaign: Campaign;
  readonly contact: Person;
  readonly one: Ended;
  /** When they asked to be called. */
  readonly callBackAt: Date | undefined;
  /** How every call to them ended, this one included. */
  readonly before: readonly Disposition[];
  readonly nowMs: number;
}

/** What becomes of a contact; what is null here stays as it was, or falls away with the attempt. */
export interface Change {
  readonly id: string;
  readonly state: Person['state'];
  readonly outcome: Disposition;
  readonly reason: string | null;
  readonly priority: number | null;
  readonly nextAt: Date | null;
  readonly callBackAt: Date | null;
}

/** What a call that is over means for its contact. Pure. */
export function whatNext(settled: Settled): Change {
  const { contact, one, callBackAt } = settled;
  const over = {
    ...{ id: contact.id, outcome: one.outcome, reason: null, priority: null, nextAt: null, callBackAt: null },
  };
  if (one.optedOut) return { ...over, state: 'blocked', reason: 'do_not_call' };
  if (callBackAt)
    return { ...over, state: 'waiting', priority: callBackPriority, nextAt: callBackAt, callBackAt };
  if (retryKind(one.outcome) === 'reached') return { ...over, state: 'done' };
  const at = isNoNumber(one.sipStatus) ? null : nextAttempt(settled);
  return at === null ? { ...over, state: 'exhausted' } : { ...over, state: 'waiting', nextAt: new Date(at) };
}

function nextAttempt({ campaign, contact, one, before, nowMs }: Settled): number | null {
  return nextTry({
    retries: retrySettings.parse(campaign.retries),
    rules: rulesOf(campaign),
    place: placeOfKey(contact.windowKey),
    outcomes: before,
    dialedAtMs: one.attempt.dialedAt?.getTime() ?? nowMs,
    nowMs,
    chance: chanceOf(one.attempt.id),
  });
}

/** The jitter of an attempt, 0 to 1: by chance, and the same whoever repeats the step. */
export const chanceOf = (attemptId: string): number => Number.parseInt(attemptId.slice(0, 8), 16) / 2 ** 32;

export async function changeContacts(db: OperationContext['db'], changes: readonly Change[]): Promise<void> {
  if (changes.length === 0) return;
  await db.execute(sql`
    update contacts set state = given.state, blocked_reason = given.reason, last_outcome = given.outcome,
      reserved_at = null, call_back_at = given."callBackAt", priority = coalesce(given.priority, contacts.priority),
      next_attempt_at = coalesce(given."nextAt", contacts.next_attempt_at)
    from jsonb_to_recordset(${JSON.stringify(changes)}::jsonb) as given(id uuid, state text, reason text, outcome text,
      "callBackAt" timestamptz, priority smallint, "nextAt" timestamptz)
    where contacts.id = given.id`);
}
