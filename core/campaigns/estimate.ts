import type { CampaignStatus } from '../../db/schema/campaigns.ts';
import type { Bottleneck } from './engine/pulse.ts';
import { nextLegalMoment, type Place, type RuleSettings, unchangedUntil } from './rules/index.ts';

interface Known {
  readonly status: CampaignStatus;
  readonly bottleneck: Bottleneck;
  /** Of late, or when it last called. */
  readonly attemptsPerMinute: number;
  readonly waiting: number;
  /** Reserved or on the phone. */
  readonly inHand: number;
  /** Dealt with by calling: done or exhausted. */
  readonly closed: number;
  readonly dialed: number;
  /** Where most of those are who wait; null: nobody waits, or nowhere. */
  readonly place: Place | null;
  readonly rules: RuleSettings;
  readonly opensAt: Date | null;
  /** When the last one of those who wait is due. */
  readonly lastDueAt: Date | null;
  readonly startsAt: Date | null;
  readonly endsAt: Date | null;
  readonly nowMs: number;
}

export interface Estimate {
  /** When the last contact will have been dealt with, or the campaign is over; null: nobody can tell. */
  readonly doneAtMs: number | null;
  /** What decides about it. */
  readonly bottleneck: Bottleneck;
}

const minuteMs = 60_000;
/** Windows that are looked through; a day has two or three. */
const mostWindows = 1_000;

/**
 * When a campaign will be done at the speed it has: the calls that are left, by the calls that a contact has taken so
 * far, within the hours of most of those who wait. Without any speed nobody can tell, nor while it does not run. Pure.
 */
export function estimate(known: Known): Estimate {
  const { status, bottleneck, attemptsPerMinute, waiting, inHand, nowMs, endsAt } = known;
  const open = { doneAtMs: null, bottleneck };
  if (status === 'finished' || status === 'stopped' || status === 'archived')
    return { doneAtMs: null, bottleneck: 'status' };
  if (status === 'draft' || status === 'paused') return open;
  const left = waiting + inHand;
  if (left === 0) return known.closed === 0 ? open : { doneAtMs: nowMs, bottleneck };
  if (attemptsPerMinute <= 0) return open;
  const perContact = known.closed === 0 ? 1 : Math.max(1, known.dialed / known.closed);
  const fromMs = Math.max(nowMs, known.opensAt?.getTime() ?? 0, known.startsAt?.getTime() ?? 0);
  const calledMs = afterCalling(known, fromMs, ((left * perContact) / attemptsPerMinute) * minuteMs);
  if (calledMs === null) return open;
  const doneAtMs = Math.max(calledMs, known.lastDueAt?.getTime() ?? 0);
  return { doneAtMs: Math.round(Math.min(doneAtMs, endsAt?.getTime() ?? doneAtMs)), bottleneck };
}

/** When this much time has gone by in which they may be called. Null: not within a year or so. */
function afterCalling({ rules, place }: Known, fromMs: number, neededMs: number): number | null {
  if (place === null) return fromMs + neededMs;
  let at = fromMs;
  let left = neededMs;
  for (let look = 0; look < mostWindows; look++) {
    const opens = nextLegalMoment(rules, place, at);
    if (opens === null) return null;
    const shuts = unchangedUntil(rules, place, opens);
    if (opens + left <= shuts) return opens + left;
    left -= shuts - opens;
    at = shuts;
  }
  return null;
}
