/** What a clock on the wall shows, computed from UTC offsets. No library: this is asked thousands of times a second. */

export interface LocalTime {
  /** 2026-03-08 */
  readonly date: string;
  /** 0 is Monday. */
  readonly weekday: number;
  /** Since midnight by the clock on the wall. */
  readonly msOfDay: number;
}

export const minuteMs = 60_000;
export const dayMs = 86_400_000;
/** Offsets change at quarters of an hour (UTC) at most; so said by every rule of the zone database since 1972. */
const slotMs = 15 * minuteMs;

const clocks = new Map<string, Clock | null>();
/** Bounds the memory of a process that simulates years. */
const slotsKept = 20_000;

interface Clock {
  readonly format: Intl.DateTimeFormat;
  readonly offsets: Map<number, number>;
}

function clockOf(zone: string): Clock | null {
  const known = clocks.get(zone);
  if (known !== undefined) return known;
  const clock = openClock(zone);
  // Names come from users' lists: what does not exist is not kept for ever.
  if (clock !== null || clocks.size < 10_000) clocks.set(zone, clock);
  return clock;
}

function openClock(zone: string): Clock | null {
  // Intl takes bare offsets and odd spellings too; a zone here is a name of the database.
  if (!/^(?:UTC|[A-Z][A-Za-z_]*(?:\/[A-Za-z0-9_+-]+){1,2})$/.test(zone)) return null;
  try {
    const format = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      hourCycle: 'h23',
      ...{ year: 'numeric', month: 'numeric', day: 'numeric' },
      ...{ hour: 'numeric', minute: 'numeric', second: 'numeric' },
    });
    return { format, offsets: new Map() };
  } catch {
    return null;
  }
}

/** Whether the zone database has a zone of this name. */
export const isZone = (name: string): boolean => clockOf(name) !== null;

/** Local time minus UTC, milliseconds. Throws a RangeError for a zone that does not exist. */
export function offsetMs(zone: string, atMs: number): number {
  const clock = clockOf(zone);
  if (clock === null) throw new RangeError(`There is no time zone ${zone}.`);
  const slot = Math.floor(atMs / slotMs);
  const known = clock.offsets.get(slot);
  if (known !== undefined) return known;
  const start = slot * slotMs;
  const part: Record<string, number> = {};
  for (const { type, value } of clock.format.formatToParts(start)) part[type] = Number(value);
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = part;
  const offset = Date.UTC(year, month - 1, day, hour, minute, second) - start;
  if (clock.offsets.size >= slotsKept) clock.offsets.clear();
  clock.offsets.set(slot, offset);
  return offset;
}

export function localTime(zone: string, atMs: number): LocalTime {
  const local = atMs + offsetMs(zone, atMs);
  const day = Math.floor(local / dayMs);
  return {
    date: new Date(local).toISOString().slice(0, 10),
    // 1970-01-01 was a Thursday.
    weekday: (((day + 3) % 7) + 7) % 7,
    msOfDay: local - day * dayMs,
  };
}

/**
 * The moment at which the clock on the wall, from `atMs` on, shows `msOfDay` (later today, up to 24:00), or the change
 * of the clocks before it, whichever comes first. Up to there the clock runs evenly.
 */
export function evenUntil(zone: string, atMs: number, msOfDay: number): number {
  const offset = offsetMs(zone, atMs);
  const today = Math.floor((atMs + offset) / dayMs) * dayMs;
  const until = today + msOfDay - offset;
  if (offsetMs(zone, until) === offset) return until;
  let [same, other] = [Math.floor(atMs / slotMs), Math.floor(until / slotMs)];
  while (other - same > 1) {
    const middle = (same + other) >> 1;
    if (offsetMs(zone, middle * slotMs) === offset) same = middle;
    else other = middle;
  }
  return Math.max(other * slotMs, atMs + 1);
}
