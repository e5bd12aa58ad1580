import { sql } from 'drizzle-orm';
import type { OperationContext } from '../context.ts';
import { invalid } from '../errors.ts';
import { longestGrainInHours, type Period, type TimeGroup } from './period.ts';
import type { GrainMinutes } from './segments.ts';

/** The groups of a course of time. */
export interface Times {
  /** In order; what is before the first belongs to none. */
  readonly starts: readonly Date[];
  /** Of the sums that are added up; a group begins in the middle of one where `moves` says so. */
  readonly longest: GrainMinutes;
  /** The starts, each at the nearest beginning of a sum: what is in between is in the wrong group at first. */
  readonly roundedStarts: readonly Date[];
  /** What has to go from one group into another, for the groups to be as `starts` says. */
  readonly moves: readonly Move[];
}

export interface Move extends Period {
  /** Places in `starts`. */
  readonly fromGroup: number;
  readonly toGroup: number;
}

/** Every hour, day, week or month of the zone that the period touches, also those without a call. */
export async function timesOf(
  ctx: OperationContext,
  period: Period,
  time: TimeGroup,
  timezone: string,
): Promise<Times> {
  const starts = await startsOf(ctx, period, time, timezone);
  if (time === 'hour')
    return { starts, longest: longestGrainInHours(timezone), roundedStarts: starts, moves: [] };
  return { starts, longest: 1440, ...rounded(starts, period) };
}

const dayMs = 86_400_000;

/**
 * A day of New York is a day of UTC without its first hours and with the first hours of the next one. So days of UTC
 * are added up, and only the hours between a midnight there and the nearest one of UTC are looked at by themselves.
 */
function rounded(
  starts: readonly Date[],
  { startAt, endAt }: Period,
): Pick<Times, 'roundedStarts' | 'moves'> {
  const roundedStarts = starts.map((start, group) =>
    // Nothing of the first is before it. Beyond the period there is nothing to be moved.
    group === 0 ? start : within(new Date(Math.round(start.getTime() / dayMs) * dayMs), startAt, endAt),
  );
  const moves = starts.flatMap((start, group): Move[] => {
    const at = roundedStarts[group] ?? start;
    if (at < start) return [{ startAt: at, endAt: start, fromGroup: group, toGroup: group - 1 }];
    if (at > start) return [{ startAt: start, endAt: at, fromGroup: group - 1, toGroup: group }];
    return [];
  });
  return { roundedStarts, moves };
}

const within = (at: Date, first: Date, last: Date): Date => (at < first ? first : at > last ? last : at);

async function startsOf(
  ctx: OperationContext,
  { startAt, endAt }: Period,
  time: TimeGroup,
  timezone: string,
): Promise<Date[]> {
  const [first, last] = [startAt.toISOString(), new Date(endAt.getTime() - 1).toISOString()];
  // Hours by looking every 15 minutes, from before the first began: where a clock leaps by half an hour, one begins in
  // the middle. Days through the zone's own calendar; where a clock is put back at midnight, this comes twice, and the
  // first one counts.
  const starts =
    time === 'hour'
      ? sql`select min(at) as start
          from generate_series(
            date_bin('15 minutes', ${first}::timestamptz, timestamptz '2000-01-01 00:00:00+00') - interval '2 hours',
            ${last}::timestamptz, interval '15 minutes') as at
          group by date_trunc('hour', at at time zone ${timezone}::text),
            at at time zone ${timezone}::text - at at time zone 'UTC'
          having max(at) + interval '15 minutes' > ${first}::timestamptz`
      : sql`select min(start) as start
          from generate_series(date_trunc(${time}::text, ${first}::timestamptz at time zone ${timezone}::text),
            ${last}::timestamptz at time zone ${timezone}::text, ${`1 ${time}`}::interval) as midnight
          cross join lateral (
            select midnight at time zone ${timezone}::text - back as start, back
            from unnest(array[interval '0', interval '30 minutes', interval '1 hour']) as back) as candidates
          where back = interval '0' or start at time zone ${timezone}::text = midnight
          group by midnight`;
  const { rows } = await ctx.db
    .execute<{ start: unknown }>(sql`select (extract(epoch from start) * 1000)::bigint as start
    from (${starts}) as starts order by 1`)
    .catch(unknownZone);
  return rows.map(({ start }) => new Date(Number(start)));
}

/** A zone that Node knows and PostgreSQL does not. */
function unknownZone(error: unknown): never {
  for (let at = error; at instanceof Error; at = at.cause)
    if (Reflect.get(at, 'code') === '22023')
      throw invalid('timezone', 'the database does not know this time zone');
  throw error;
}
