import { z } from 'zod';
import type { Disposition } from '../../db/schema/calls.ts';
import { nextLegalMoment, type Place, type RuleSettings } from './rules/index.ts';
import { evenUntil, localTime } from './rules/time/local-time.ts';

const hourMs = 3_600_000;
const minuteMs = 60_000;

const rule = (usual: { most: number; delayMs: number; jitter: number; otherHour: boolean }) =>
  z
    .object({
      /** Calls after the first that end like this; 0: none. */
      most: z.number().int().min(0).max(20).default(usual.most),
      delayMs: z
        .number()
        .int()
        .min(0)
        .max(30 * 24 * hourMs)
        .default(usual.delayMs),
      /** Up to this share of the delay is added, by chance, so that people are not called in step. */
      jitter: z.number().min(0).max(1).default(usual.jitter),
      /** Not at the hour of the day at which it failed. */
      otherHour: z.boolean().default(usual.otherHour),
    })
    .default(usual);

/** What follows a call that did not reach anybody; campaigns.retries. */
export const retrySettings = z.object({
  /** Calls to one contact, whatever became of them. A call-back that was asked for comes on top. */
  maxAttempts: z.number().int().min(1).max(50).default(5),
  busy: rule({ most: 3, delayMs: 15 * minuteMs, jitter: 0.2, otherHour: false }),
  noAnswer: rule({ most: 3, delayMs: 4 * hourMs, jitter: 0.2, otherHour: true }),
  voicemail: rule({ most: 1, delayMs: 24 * hourMs, jitter: 0.1, otherHour: true }),
  failed: rule({ most: 3, delayMs: 10 * minuteMs, jitter: 0.3, otherHour: false }),
  dropped: rule({ most: 1, delayMs: 24 * hourMs, jitter: 0.2, otherHour: false }),
});
export type RetrySettings = z.output<typeof retrySettings>;
export type RetryKind = Exclude<keyof RetrySettings, 'maxAttempts'>;

/** How a disposition counts; `reached`: nothing follows. */
export function retryKind(disposition: Disposition): RetryKind | 'reached' {
  switch (disposition) {
    case 'completed':
    case 'transferred':
      return 'reached';
    case 'busy':
    case 'rejected':
      return 'busy';
    case 'no_answer':
      return 'noAnswer';
    case 'voicemail':
      return 'voicemail';
    case 'abandoned':
    case 'canceled':
      return 'dropped';
    case 'failed':
    case 'unknown':
      return 'failed';
  }
}

/**
 * Gone (410), incomplete (484), not there anywhere (604): nobody will ever answer. 404 is not one of them: carriers say
 * it also when they have lost the way.
 */
const noNumber: ReadonlySet<number> = new Set([410, 484, 604]);
export const isNoNumber = (sipStatus: number | null): boolean =>
  sipStatus !== null && noNumber.has(sipStatus);

interface Tried {
  readonly retries: RetrySettings;
  readonly rules: RuleSettings;
  readonly place: Place;
  /** How the calls to this contact ended, the last one included. */
  readonly outcomes: readonly Disposition[];
  /** When the last one rang. */
  readonly dialedAtMs: number;
  readonly nowMs: number;
  /** However short the delay is; left out: the delay alone says it. */
  readonly notBeforeMs?: number;
  /** 0 to 1. */
  readonly chance: number;
}

/** When a contact is tried again. Null: no more. Pure. */
export function nextTry(tried: Tried): number | null {
  const { retries, outcomes, nowMs, notBeforeMs = nowMs, chance } = tried;
  const last = outcomes.at(-1);
  const kind = last === undefined ? 'reached' : retryKind(last);
  if (kind === 'reached' || outcomes.length >= retries.maxAttempts) return null;
  const { most, delayMs, jitter, otherHour } = retries[kind];
  if (outcomes.filter((outcome) => retryKind(outcome) === kind).length > most) return null;
  const at = Math.max(notBeforeMs, nowMs + Math.round(delayMs * (1 + jitter * chance)));
  return otherHour ? atOtherHour(tried, at) : at;
}

/**
 * The first legal moment from then on at which the clock of the contact shows another hour than it did. Where the
 * windows have no other hour within a week, the hour does not matter.
 */
function atOtherHour({ rules, place, dialedAtMs }: Tried, fromMs: number): number {
  const zone = place.zones[0];
  if (zone === undefined) return fromMs;
  const hourOf = (ms: number) => Math.floor(localTime(zone, ms).msOfDay / hourMs);
  let at = fromMs;
  for (let look = 0; look < 7; look++) {
    const legal = nextLegalMoment(rules, place, at);
    if (legal === null) return fromMs;
    if (hourOf(legal) !== hourOf(dialedAtMs)) return legal;
    at = evenUntil(zone, legal, (hourOf(legal) + 1) * hourMs);
  }
  return fromMs;
}
