/** Holidays as rules, so that they need no list for each year. */
export type Holiday =
  | { readonly month: number; readonly day: number }
  /** nth: 1 is the first of the month, -1 the last. weekday: 0 is Monday. */
  | { readonly month: number; readonly weekday: number; readonly nth: number }
  /** Days after Easter Sunday of the western churches; before it: negative. */
  | { readonly easter: number };

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

export const mardiGras: Holiday = { easter: -47 };
export const goodFriday: Holiday = { easter: -2 };

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
  if ('easter' in holiday) return [iso(easterOf(year) + holiday.easter * dayMs)];
  if (holiday.nth > 0) {
    const first = Date.UTC(year, holiday.month - 1, 1);
    const ahead = (holiday.weekday - weekdayOf(first) + 7) % 7;
    return [iso(first + (ahead + (holiday.nth - 1) * 7) * dayMs)];
  }
  const last = Date.UTC(year, holiday.month, 0);
  const behind = (weekdayOf(last) - holiday.weekday + 7) % 7;
  return [iso(last - (behind + (-holiday.nth - 1) * 7) * dayMs)];
}

/**
 * By the Gregorian rule of the ecclesiastical moon (Butcher's algorithm, Meeus, Astronomical Algorithms, chapter 8).
 */
function easterOf(year: number): number {
  const golden = year % 19;
  const [century, inCentury] = [Math.floor(year / 100), year % 100];
  const moonShift = Math.floor((century - Math.floor((century + 8) / 25) + 1) / 3);
  const epact = (19 * golden + century - Math.floor(century / 4) - moonShift + 15) % 30;
  const toSunday = (32 + 2 * (century % 4) + 2 * Math.floor(inCentury / 4) - epact - (inCentury % 4)) % 7;
  const late = Math.floor((golden + 11 * epact + 22 * toSunday) / 451);
  const days = epact + toSunday - 7 * late + 114;
  return Date.UTC(year, Math.floor(days / 31) - 1, (days % 31) + 1);
}

const dayMs = 86_400_000;
const iso = (ms: number): string => new Date(ms).toISOString().slice(0, 10);
const weekdayOf = (ms: number): number => (new Date(ms).getUTCDay() + 6) % 7;
