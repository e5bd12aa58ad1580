import { DateTime, IANAZone } from 'luxon';
import { z } from 'zod';
import { invalid } from '../errors.ts';
import type { GrainMinutes } from './segments.ts';

/**
 * `UTC` or `Area/City`. Short names are not taken: `CET` has a summer for some and none for others (PostgreSQL), and
 * `+05:30` has two meanings.
 */
export const zoneField = z
  .string()
  .trim()
  .max(100)
  .refine(
    (zone) => /^(UTC|GMT|[A-Za-z_]+\/[A-Za-z0-9_+/-]+)$/.test(zone) && IANAZone.isValidZone(zone),
    'not a time zone; write an IANA name, for example America/New_York',
  );

export const timeGroups = ['hour', 'day', 'week', 'month'] as const;
export type TimeGroup = (typeof timeGroups)[number];

/** The longest sums of UTC that never lie in two hours of the zone. */
export const longestGrainInHours = (zone: string): GrainMinutes => (hasWholeHours(zone) ? 60 : 15);

const wholeHours = new Map<string, boolean>();

/** Whether its clock is off UTC by whole hours, at all times of any call. No clock is changed for less than a month. */
function hasWholeHours(name: string): boolean {
  const known = wholeHours.get(name);
  if (known !== undefined) return known;
  const zone = IANAZone.create(name);
  let isWhole = true;
  for (let at = Date.UTC(2015, 0, 1); isWhole && at < Date.UTC(2040, 0, 1); at += 25 * 86_400_000)
    isWhole = zone.offset(at) % 60 === 0;
  wholeHours.set(name, isWhole);
  return isWhole;
}

/** From `startAt` on, to before `endAt`. */
export interface Period {
  readonly startAt: Date;
  readonly endAt: Date;
}

export interface PeriodInput {
  /** Both ends included. */
  readonly startAt?: Date | undefined;
  readonly endAt?: Date | undefined;
  readonly timezone: string;
}

const defaultDays = 30;
const maxYears = 10;
/**
 * What is reckoned from an end, to the end of its month or the next hour of sums, has four digits of a year as well.
 */
const latestEnd = new Date(Date.UTC(9_999, 0, 1));
/** An hour by hour view of more than this is nothing to look at. */
const maxHourlyDays = 92;

/** What is asked for; by default the last thirty days, today included, as days of the zone. */
export function periodOf({ startAt, endAt, timezone }: PeriodInput, now = new Date()): Period {
  const last = endAt === undefined || endAt < latestEnd ? (endAt ?? now) : latestEnd;
  const first =
    startAt ??
    DateTime.fromJSDate(last, { zone: timezone })
      .minus({ days: defaultDays - 1 })
      .startOf('day')
      .toJSDate();
  if (first > last) {
    if (endAt === undefined) throw invalid('startAt', 'must not be in the future');
    throw invalid('endAt', 'must not be before the start');
  }
  if (DateTime.fromJSDate(first).plus({ years: maxYears }).toJSDate() < last)
    throw invalid('startAt', `at most ${maxYears} years at once`);
  return { startAt: first, endAt: new Date(last.getTime() + 1) };
}

/**
 * The period right before, to compare with: as many whole months or days of the zone where it is made of such, else of
 * the same length.
 */
export function periodBefore({ startAt, endAt }: Period, zone: string): Period {
  const [start, end] = [startAt, endAt].map((at) => DateTime.fromJSDate(at, { zone }));
  const isMidnight = (at: DateTime | undefined) => at !== undefined && +at.startOf('day') === +at;
  if (!start || !end || !isMidnight(start) || !isMidnight(end))
    return { startAt: new Date(2 * startAt.getTime() - endAt.getTime()), endAt: startAt };
  const unit = start.day === 1 && end.day === 1 ? 'months' : 'days';
  const length = Math.round(end.diff(start, unit).as(unit));
  return {
    startAt: start
      .minus({ [unit]: length })
      .startOf('day')
      .toJSDate(),
    endAt: startAt,
  };
}

/** The grouping that shows a period best. */
export function fittingGroup({ startAt, endAt }: Period): TimeGroup {
  const days = (endAt.getTime() - startAt.getTime()) / 86_400_000;
  return days <= 2 ? 'hour' : days <= 92 ? 'day' : days <= 3 * 366 ? 'week' : 'month';
}

export function assertGroupFits({ startAt, endAt }: Period, group: string): void {
  if (group === 'hour' && endAt.getTime() - startAt.getTime() > maxHourlyDays * 86_400_000)
    throw invalid('groupBy', `by the hour at most ${maxHourlyDays} days at once`);
}
