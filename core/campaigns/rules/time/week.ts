import { dayMs, minuteMs } from './local-time.ts';

export const weekdays = [
  ...(['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'] as const),
] as const;
export type Weekday = (typeof weekdays)[number];

/** `09:00` to `24:00`, by the clock on the wall. One that ends before it begins goes on past midnight. */
export interface TimeWindow {
  readonly from: string;
  readonly to: string;
}
/** A day that is missing is closed. */
export type WeekWindows = Readonly<Partial<Record<Weekday, readonly TimeWindow[] | undefined>>>;

/** For each day, Monday first: milliseconds since midnight, [from, to), sorted, without overlaps. */
export type Week = readonly (readonly Span[])[];
export type Span = readonly [fromMs: number, toMs: number];

const timeOf = (text: string): number => {
  const [hours = '', minutes = ''] = text.split(':');
  return (Number(hours) * 60 + Number(minutes)) * minuteMs;
};

export function compileWeek(windows: WeekWindows): Week {
  const days: Span[][] = weekdays.map(() => []);
  for (const [index, name] of weekdays.entries())
    for (const { from, to } of windows[name] ?? []) {
      const [start, end] = [timeOf(from), timeOf(to)];
      if (end > start) days[index]?.push([start, end]);
      else {
        days[index]?.push([start, dayMs]);
        if (end > 0) days[(index + 1) % 7]?.push([0, end]);
      }
    }
  return days.map(merge);
}

function merge(spans: readonly Span[]): readonly Span[] {
  const merged: [number, number][] = [];
  for (const [from, to] of [...spans].sort((a, b) => a[0] - b[0])) {
    const last = merged.at(-1);
    if (last && from <= last[1]) last[1] = Math.max(last[1], to);
    else merged.push([from, to]);
  }
  return merged;
}

/** The times that are in both weeks. */
export function intersectWeeks(one: Week, other: Week): Week {
  return one.map((spans, day) =>
    spans.flatMap(([from, to]) =>
      (other[day] ?? []).flatMap(([otherFrom, otherTo]): Span[] => {
        const [start, end] = [Math.max(from, otherFrom), Math.min(to, otherTo)];
        return start < end ? [[start, end]] : [];
      }),
    ),
  );
}

/** The same window on several days; `everyDay('08:00', '21:00')`. */
export function onDays(days: readonly Weekday[], from: string, to: string): WeekWindows {
  return Object.fromEntries(days.map((day) => [day, [{ from, to }]]));
}
export const everyDay = (from: string, to: string): WeekWindows => onDays(weekdays, from, to);
export const mondayToSaturday = (from: string, to: string): WeekWindows =>
  onDays(weekdays.slice(0, 6), from, to);
export const mondayToFriday = (from: string, to: string): WeekWindows =>
  onDays(weekdays.slice(0, 5), from, to);
