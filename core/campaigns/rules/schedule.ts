import { editionsFor, nextEditionAfter } from './packs/index.ts';
import type { Place } from './places/locate.ts';
import type { RuleSettings } from './settings.ts';
import { type Holiday, holidayDates } from './time/holidays.ts';
import { dayMs, evenUntil, localTime } from './time/local-time.ts';
import { compileWeek, intersectWeeks, type Week } from './time/week.ts';

/** How far ahead a legal moment is looked for. Longer than any year, so that a holiday of every year is passed. */
const horizonMs = 400 * dayMs;

/** Whether the campaign's windows and every law allow a call at a moment, in every zone that is possible. */
export const isOpen = (rules: RuleSettings, place: Place, atMs: number): boolean =>
  lookAt(rules, place, atMs).open;

/** The first moment from `fromMs` on at which a call is legal. Null: there is none within 400 days. */
export function nextLegalMoment(rules: RuleSettings, place: Place, fromMs: number): number | null {
  let at = fromMs;
  while (at < fromMs + horizonMs) {
    const { open, until } = lookAt(rules, place, at);
    if (open) return at;
    at = until;
  }
  return null;
}

/** When an open window shuts, or a shut one may open: nothing changes before. */
export const unchangedUntil = (rules: RuleSettings, place: Place, atMs: number): number =>
  lookAt(rules, place, atMs).until;

function lookAt(rules: RuleSettings, place: Place, atMs: number): { open: boolean; until: number } {
  const { week, closedOn } = hoursOf(rules, place, atMs);
  // Nobody knows where they are: never.
  let open = place.zones.length > 0;
  let until = Math.min(atMs + dayMs, nextEditionAfter(atMs));
  for (const zone of place.zones) {
    const now = localTime(zone, atMs);
    const spans = closedOn(now.date) ? [] : (week[now.weekday] ?? []);
    if (!spans.some(([from, to]) => from <= now.msOfDay && now.msOfDay < to)) open = false;
    const edge = spans.flat().find((ms) => ms > now.msOfDay) ?? dayMs;
    until = Math.min(until, evenUntil(zone, atMs, edge));
  }
  return { open, until };
}

interface Hours {
  readonly week: Week;
  /** By local date. */
  closedOn(date: string): boolean;
}

/** Settings are parsed once and kept by whoever runs a campaign; what follows from them is kept beside them. */
const kept = new WeakMap<RuleSettings, Map<string, Hours>>();

function hoursOf(rules: RuleSettings, place: Place, atMs: number): Hours {
  const known = kept.get(rules) ?? new Map<string, Hours>();
  kept.set(rules, known);
  const key = `${place.country ?? ''};${place.regions.join(',')};${nextEditionAfter(atMs)}`;
  const hours = known.get(key) ?? compile(rules, place, atMs);
  known.set(key, hours);
  return hours;
}

function compile(rules: RuleSettings, place: Place, atMs: number): Hours {
  const editions = editionsFor(place, rules.packs, atMs);
  const week = editions.reduce<Week>(
    (strictest, { windows }) => intersectWeeks(strictest, compileWeek(windows)),
    compileWeek(rules.windows),
  );
  const own = new Set(rules.holidays);
  const lawful = editions.flatMap(({ holidays }) => holidays ?? []);
  return { week, closedOn: closings(own, lawful) };
}

function closings(own: ReadonlySet<string>, lawful: readonly Holiday[]): (date: string) => boolean {
  const years = new Map<number, ReadonlySet<string>>();
  return (date) => {
    if (own.has(date) || own.has(date.slice(5))) return true;
    if (lawful.length === 0) return false;
    const year = Number(date.slice(0, 4));
    const dates =
      years.get(year) ?? new Set([year, year + 1].flatMap((one) => [...holidayDates(lawful, one)]));
    years.set(year, dates);
    return dates.has(date);
  };
}
