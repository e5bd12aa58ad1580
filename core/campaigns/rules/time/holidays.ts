/** Holidays as rules, so that they need no list for each year. */
export type Holiday =
  | { readonly month: number; readonly day: number }
  /** nth: 1 is the first of the month, -1 the last. weekday: 0 is Monday. */
  | { readonly month: number; readonly weekday: number; readonly nth: number };

/** Federal holidays of the US, 5 U.S.C. 6103. */
export const usHolidays: readonly Holiday[] = [
  { month: 1, day: 1 },
  { month: 1, weekday: 0, nth: 3 },
  { month: 2, weekday: 0, nth: 3 },
  { month: 5, weekday: 0, nth: -1 },
  { month: 6, day: 19 },
  { month: 7, day: 4 },
  { month: 9, weekday: 0, nth: 1 },
  { month: 10, weekday: 0, nth: 2 },
  { month: 11, day: 11 },
  { month: 11, weekday: 3, nth: 4 },
  { month: 12, day: 25 },
];

/**
 * The dates of a year, ISO. A fixed holiday on a Saturday or Sunday closes the Friday or Monday beside it as well,
 * when it is observed then.
 */
export function holidayDates(holidays: readonly Holiday[], year: number): ReadonlySet<string> {
  return new Set(holidays.flatMap((holiday) => datesOf(holiday, year)));
}

function datesOf(holiday: Holiday, year: number): string[] {
  if ('day' in holiday) {
    const date = Date.UTC(year, holiday.month - 1, holiday.day);
    const weekday = weekdayOf(date);
    const observed = weekday === 5 ? -1 : weekday === 6 ? 1 : 0;
    return observed === 0 ? [iso(date)] : [iso(date), iso(date + observed * dayMs)];
  }
  if (holiday.nth > 0) {
    const first = Date.UTC(year, holiday.month - 1, 1);
    const ahead = (holiday.weekday - weekdayOf(first) + 7) % 7;
    return [iso(first + (ahead + (holiday.nth - 1) * 7) * dayMs)];
  }
  const last = Date.UTC(year, holiday.month, 0);
  const behind = (weekdayOf(last) - holiday.weekday + 7) % 7;
  return [iso(last - (behind + (-holiday.nth - 1) * 7) * dayMs)];
}

const dayMs = 86_400_000;
const iso = (ms: number): string => new Date(ms).toISOString().slice(0, 10);
const weekdayOf = (ms: number): number => (new Date(ms).getUTCDay() + 6) % 7;
