import type { CampaignStatus } from '../../db/schema/campaigns.ts';
import type { Bottleneck } from './engine/pulse.ts';

interface Known {
  readonly status: CampaignStatus;
  readonly bottleneck: Bottleneck;
  readonly attemptsPerMinute: number;
  readonly waiting: number;
  /** Reserved or on the phone. */
  readonly inHand: number;
  /** Dealt with by calling: done or exhausted. */
  readonly closed: number;
  readonly dialed: number;
  readonly opensAt: Date | null;
  readonly startsAt: Date | null;
  readonly nowMs: number;
}

export interface Estimate {
  /** When the last contact will have been dealt with; null: nobody can tell. */
  readonly doneAtMs: number | null;
  /** What decides about it. */
  readonly bottleneck: Bottleneck;
}

const minuteMs = 60_000;

/**
 * When a campaign will be done at the speed it has: the calls that are left, by the calls that a contact has taken so
 * far, after the next window has opened. Without any speed nobody can tell. Pure.
 */
export function estimate(known: Known): Estimate {
  const { status, bottleneck, attemptsPerMinute, waiting, inHand, nowMs } = known;
  if (status === 'finished' || status === 'stopped' || status === 'archived')
    return { doneAtMs: null, bottleneck: 'status' };
  const left = waiting + inHand;
  if (left === 0) return { doneAtMs: nowMs, bottleneck };
  if (attemptsPerMinute <= 0) return { doneAtMs: null, bottleneck };
  const perContact = known.closed === 0 ? 1 : Math.max(1, known.dialed / known.closed);
  const fromMs = Math.max(nowMs, known.opensAt?.getTime() ?? 0, known.startsAt?.getTime() ?? 0);
  return { doneAtMs: Math.round(fromMs + ((left * perContact) / attemptsPerMinute) * minuteMs), bottleneck };
}
