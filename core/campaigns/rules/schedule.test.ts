import fc from 'fast-check';
import { DateTime } from 'luxon';
import { describe, expect, test } from 'vitest';
import type { Place } from './places/locate.ts';
import { isOpen, nextLegalMoment, unchangedUntil } from './schedule.ts';
import { type RuleSettings, ruleSettings } from './settings.ts';
import { evenUntil, isZone, localTime } from './time/local-time.ts';
import { type WeekWindows, weekdays } from './time/week.ts';

/** Daylight saving of an hour and of half an hour, at midnight and at two, both hemispheres, odd offsets, none. */
const zones = [
  ...[
    'America/New_York',
    'America/St_Johns',
    'America/Santiago',
    'America/Havana',
    'Europe/London',
    'Asia/Kolkata',
  ],
  ...[
    'Asia/Kathmandu',
    'Australia/Lord_Howe',
    'Pacific/Chatham',
    'Pacific/Kiritimati',
    'Africa/Casablanca',
    'UTC',
  ],
];
const minute = 60_000;
const anyZone = fc.constantFrom(...zones);
const anyMoment = fc
  .integer({ min: Date.UTC(2024, 0) / minute, max: Date.UTC(2032, 0) / minute })
  .map((minutes) => minutes * minute);

const clockText = (minutes: number): string =>
  `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;
const anyWindow = fc
  .tuple(fc.integer({ min: 0, max: 1_439 }), fc.integer({ min: 0, max: 1_440 }))
  .filter(([from, to]) => from !== to)
  .map(([from, to]) => ({ from: clockText(from), to: clockText(to) }));
const anyWeek: fc.Arbitrary<WeekWindows> = fc
  .array(fc.array(anyWindow, { maxLength: 2 }), { minLength: 7, maxLength: 7 })
  .map((days) => Object.fromEntries(weekdays.map((name, index) => [name, days[index]])));

/** Nowhere that a pack knows: the neutral one counts, 9 to 20 h but not on Sundays. */
const anyPlace: fc.Arbitrary<Place> = fc
  .uniqueArray(anyZone, { minLength: 1, maxLength: 3 })
  .map((some) => ({ country: null, regions: [], zones: some }));
const settings = (more: Partial<RuleSettings>): RuleSettings => ({ ...ruleSettings.parse({}), ...more });

/** The rule, said again in another way. */
function openBySpelling(windows: WeekWindows, zone: string, at: number): boolean {
  const local = DateTime.fromMillis(at, { zone });
  const now = local.hour * 60 + local.minute;
  const minutes = (text: string) => Number(text.slice(0, 2)) * 60 + Number(text.slice(3));
  const day = (offset: number) => windows[weekdays[(local.weekday - 1 + offset + 7) % 7] ?? 'monday'] ?? [];
  const today = day(0).some(({ from, to }) => {
    const [start, end] = [minutes(from), minutes(to)];
    return end > start ? start <= now && now < end : start <= now;
  });
  const sinceYesterday = day(-1).some(({ from, to }) => minutes(to) < minutes(from) && now < minutes(to));
  const neutral = local.weekday <= 6 && now >= 9 * 60 && now < 20 * 60;
  return (today || sinceYesterday) && neutral;
}

describe('local time', () => {
  test('is what the clock on the wall shows, in every zone and through every change of the clocks', () => {
    fc.assert(
      fc.property(anyZone, anyMoment, (zone, at) => {
        const local = DateTime.fromMillis(at, { zone });
        expect(localTime(zone, at)).toEqual({
          date: local.toISODate(),
          weekday: local.weekday - 1,
          msOfDay: ((local.hour * 60 + local.minute) * 60 + local.second) * 1_000,
        });
      }),
      { numRuns: 3_000 },
    );
  });

  test('runs evenly up to where evenUntil says, and never further than asked', () => {
    fc.assert(
      fc.property(anyZone, anyMoment, fc.integer({ min: 1, max: 1_440 }), (zone, at, ahead) => {
        const now = localTime(zone, at);
        const wanted = Math.min(now.msOfDay + ahead * minute, 86_400_000);
        fc.pre(wanted > now.msOfDay);
        const until = evenUntil(zone, at, wanted);
        expect(until).toBeGreaterThan(at);
        expect(until - at).toBeLessThanOrEqual(wanted - now.msOfDay);
        expect(localTime(zone, until - minute).msOfDay).toBe(now.msOfDay + (until - minute - at));
        // Where the clock is changed at that very moment, it shows something else from then on.
        const changed =
          DateTime.fromMillis(until, { zone }).offset !== DateTime.fromMillis(until - 1, { zone }).offset;
        if (until - at === wanted - now.msOfDay && !changed)
          expect(localTime(zone, until).msOfDay).toBe(wanted % 86_400_000);
      }),
      { numRuns: 1_000 },
    );
  });

  test('knows which zones there are', () => {
    expect(['Europe/Berlin', 'America/Argentina/Ushuaia', 'UTC', 'Etc/GMT+5'].every(isZone)).toBe(true);
    const none = ['', 'Mars/Olympus', 'Europe', '+05:30', 'europe/berlin; drop', 'EST5', 'America/../UTC'];
    expect(none.filter(isZone)).toEqual([]);
  });
});

describe('a moment is legal', () => {
  test('only when windows and law allow it in every zone that is possible', () => {
    fc.assert(
      fc.property(anyWeek, anyPlace, anyMoment, (windows, place, at) => {
        const expected = place.zones.every((zone) => openBySpelling(windows, zone, at));
        expect(isOpen(settings({ windows }), place, at)).toBe(expected);
      }),
      { numRuns: 2_000 },
    );
  });

  test('never because of one more zone, law or holiday', () => {
    fc.assert(
      fc.property(anyWeek, anyPlace, anyZone, anyMoment, (windows, place, zone, at) => {
        fc.pre(!isOpen(settings({ windows }), place, at));
        const wider = { ...place, zones: [...place.zones, zone] };
        const date = localTime(place.zones[0] ?? 'UTC', at).date;
        expect(isOpen(settings({ windows }), wider, at)).toBe(false);
        expect(isOpen(settings({ windows, packs: ['us', 'uk'] }), place, at)).toBe(false);
        expect(isOpen(settings({ windows, holidays: [date] }), place, at)).toBe(false);
      }),
    );
  });

  test('nowhere when nobody knows where they are', () => {
    const everyHour = {
      windows: Object.fromEntries(weekdays.map((day) => [day, [{ from: '00:00', to: '24:00' }]])),
    };
    const nowhere = { country: null, regions: [], zones: [] };
    expect(isOpen(settings(everyHour), nowhere, Date.UTC(2026, 2, 3, 12))).toBe(false);
    expect(nextLegalMoment(settings(everyHour), nowhere, Date.UTC(2026, 2, 3, 12))).toBeNull();
  });
});

describe('the next legal moment', () => {
  test('is legal, and nothing before it is', () => {
    fc.assert(
      fc.property(anyWeek, anyPlace, anyMoment, fc.nat(), (windows, place, from, salt) => {
        const rules = settings({ windows });
        const next = nextLegalMoment(rules, place, from);
        if (next === null) {
          for (let day = 0; day < 14; day++)
            expect(isOpen(rules, place, from + day * 86_400_000 + (salt % 86_400_000))).toBe(false);
          return;
        }
        expect(isOpen(rules, place, next)).toBe(true);
        if (next === from) return;
        expect(isOpen(rules, place, next - 1)).toBe(false);
        for (let at = from; at < Math.min(next, from + 9 * 86_400_000); at += 5 * minute)
          expect(isOpen(rules, place, at)).toBe(false);
      }),
      { numRuns: 150 },
    );
  });

  test('comes after every moment at which nothing changes', () => {
    fc.assert(
      fc.property(anyWeek, anyPlace, anyMoment, fc.nat(), (windows, place, at, salt) => {
        const rules = settings({ windows });
        const until = unchangedUntil(rules, place, at);
        expect(until).toBeGreaterThan(at);
        const between = at + (salt % (until - at));
        expect(isOpen(rules, place, between)).toBe(isOpen(rules, place, at));
      }),
    );
  });

  const next = (
    zone: string,
    from: string,
    more: Partial<RuleSettings> = {},
    country: string | null = 'US',
  ) => {
    const windows = Object.fromEntries(weekdays.map((day) => [day, [{ from: '09:00', to: '17:00' }]]));
    const place = { country, regions: [], zones: [zone] };
    const moment = nextLegalMoment(settings({ windows, ...more }), place, Date.parse(from));
    return moment === null ? null : new Date(moment).toISOString();
  };

  test('follows the clocks when they change', () => {
    // 8 March 2026: an hour less in New York. 1 November: an hour more.
    expect(next('America/New_York', '2026-03-07T22:00Z')).toBe('2026-03-08T13:00:00.000Z');
    expect(next('America/New_York', '2026-03-06T22:00Z')).toBe('2026-03-07T14:00:00.000Z');
    expect(next('America/New_York', '2026-10-31T21:00Z')).toBe('2026-11-01T14:00:00.000Z');
    // Half an hour, on Lord Howe.
    expect(next('Australia/Lord_Howe', '2026-04-04T10:00Z', {}, null)).toBe('2026-04-05T22:30:00.000Z');
    expect(next('Australia/Lord_Howe', '2026-04-02T10:00Z', {}, null)).toBe('2026-04-02T22:00:00.000Z');
    expect(next('Asia/Kathmandu', '2026-04-03T00:00Z', {}, null)).toBe('2026-04-03T03:15:00.000Z');
  });

  test('passes holidays, of one year and of every year, and the leap day', () => {
    const holidays = ['2028-02-28', '02-29'];
    expect(next('Europe/London', '2028-02-28T00:00Z', { holidays }, 'GB')).toBe('2028-03-01T09:00:00.000Z');
    expect(next('Europe/London', '2029-02-28T00:00Z', { holidays }, 'GB')).toBe('2029-02-28T09:00:00.000Z');
  });

  test('takes a window past midnight as one, cut by the law', () => {
    const windows = { friday: [{ from: '19:00', to: '09:30' }] };
    const place = { country: 'US', regions: [], zones: ['America/New_York'] };
    const at = (from: string) => {
      const moment = nextLegalMoment(settings({ windows }), place, Date.parse(from));
      return moment && new Date(moment).toISOString();
    };
    // Friday 19 to 21 h, then Saturday 8 to 9:30 h.
    expect(at('2026-06-12T12:00Z')).toBe('2026-06-12T23:00:00.000Z');
    expect(at('2026-06-13T01:00Z')).toBe('2026-06-13T12:00:00.000Z');
    expect(at('2026-06-13T13:30Z')).toBe('2026-06-19T23:00:00.000Z');
  });
});
