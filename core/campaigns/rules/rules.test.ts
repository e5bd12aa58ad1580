import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { abandonState, isOverAbandoned } from './abandonment.ts';
import { attemptId } from './attempt-id.ts';
import { checkRuleSettings } from './check-settings.ts';
import { type ContactFacts, judgeContact } from './judge-contact.ts';
import { rulePacks } from './packs/index.ts';
import { areaCodes } from './places/area-codes.ts';
import { countryZones } from './places/countries.ts';
import { locate, type Place, placeOfKey, windowKey } from './places/locate.ts';
import { type RuleSettings, ruleSettings } from './settings.ts';
import { holidayDates, usHolidays } from './time/holidays.ts';
import { isZone } from './time/local-time.ts';
import { weekdays } from './time/week.ts';

const hour = 3_600_000;
const day = 24 * hour;
/** A Tuesday, noon in New York. */
const noon = Date.parse('2026-03-03T17:00:00Z');
const allDay = Object.fromEntries(weekdays.map((name) => [name, [{ from: '00:00', to: '24:00' }]]));

function placeOf(phone: string, more: Partial<Parameters<typeof locate>[0]> = {}): Place {
  const place = locate({ phone, country: null, ...more });
  if ('problem' in place) throw new Error(place.problem);
  return place;
}
const facts = (more: Partial<ContactFacts> & { rules?: RuleSettings } = {}): ContactFacts => ({
  rules: ruleSettings.parse({ windows: allDay }),
  place: placeOf('+12125550101'),
  consent: 'written',
  ...{ listed: null, registries: [], dialed: [], before: { campaign: 0, workspace: 0 } },
  ...more,
});
const rules = (more: Parameters<typeof ruleSettings.parse>[0] & object): RuleSettings =>
  ruleSettings.parse({ windows: allDay, ...more });

describe('where somebody may be', () => {
  test('follows from the area code, the address and the explicit zone together', () => {
    expect(placeOf('+12125550101')).toEqual({
      country: 'US',
      regions: ['US-NY'],
      zones: ['America/New_York'],
    });
    expect(placeOf('+18505550101').zones).toEqual(['America/Chicago', 'America/New_York']);
    expect(placeOf('+12125550101', { givenState: 'Texas' })).toEqual({
      country: 'US',
      regions: ['US-NY', 'US-TX'],
      zones: ['America/Chicago', 'America/Denver', 'America/New_York'],
    });
    expect(placeOf('+12125550101', { givenZip: '98101-1234' }).regions).toEqual(['US-NY', 'US-WA']);
    // A spreadsheet has eaten the zero.
    expect(placeOf('+12125550101', { givenZip: '2134' }).regions).toEqual(['US-MA', 'US-NY']);
    expect(placeOf('+14165550101', { givenZip: 'V5K 0A1' }).zones).toContain('America/Vancouver');
    expect(placeOf('+12125550101', { givenZone: 'Pacific/Honolulu' }).zones).toEqual([
      'America/New_York',
      'Pacific/Honolulu',
    ]);
    expect(placeOf('+442079460018', { country: 'GB' }).zones).toEqual(['Europe/London']);
    expect(placeOf('+61291234567', { country: 'AU' }).zones).toHaveLength(2);
    // A mobile tells only the country, unless the list says more.
    expect(placeOf('+61412345678', { country: 'AU' }).zones.length).toBeGreaterThan(4);
    expect(placeOf('+61412345678', { country: 'AU', givenZone: 'Australia/Perth' }).zones).toEqual([
      'Australia/Perth',
    ]);
    expect(placeOf('+919876543210', { country: 'IN', givenZone: 'Asia/Calcutta' }).zones).toEqual([
      'Asia/Calcutta',
    ]);
    // Lloydminster and Creighton do not keep the time of their province.
    expect(placeOf('+13065550101').zones).toEqual([
      ...['America/Edmonton', 'America/Regina', 'America/Winnipeg'],
    ]);
    expect(placeOf('+12125550101', { givenZip: '96799' }).zones).toContain('Pacific/Pago_Pago');
    // The zone of everybody on a list is not that of a number from elsewhere.
    expect(placeOf('+447700900123', { country: 'GB', givenZone: 'America/Los_Angeles' }).zones).toEqual([
      'America/Los_Angeles',
      'Europe/London',
    ]);
  });

  test('is unknown where nothing tells, and a place that cannot be read is no place', () => {
    expect(placeOf('+18005550101').zones).toEqual([]);
    expect(placeOf('+18005550101', { givenState: 'FL' }).zones).toContain('America/New_York');
    expect(placeOf('+870773111632').zones).toEqual([]);
    const problem = (more: object) => locate({ phone: '+12125550101', country: null, ...more });
    expect(problem({ givenZone: 'Mars/Olympus' })).toEqual({ problem: 'zone_invalid' });
    expect(problem({ givenState: 'Atlantis' })).toEqual({ problem: 'state_invalid' });
    expect(problem({ givenZip: '00000' })).toEqual({ problem: 'zip_invalid' });
  });

  test('only grows with what is known, and survives as a key', () => {
    const codes = areaCodes.flatMap(([, , list]) => list.split(' '));
    fc.assert(
      fc.property(
        fc.constantFrom(...codes),
        fc.option(fc.constantFrom('NY', 'Florida', 'us-ca', 'ON'), { nil: null }),
        fc.option(fc.constantFrom('10001', '33101', 'M5V 2T6'), { nil: null }),
        fc.option(fc.constantFrom('Europe/Paris', 'Asia/Kolkata'), { nil: null }),
        (code, givenState, givenZip, givenZone) => {
          const bare = placeOf(`+1${code}5550101`);
          const full = placeOf(`+1${code}5550101`, { givenState, givenZip, givenZone });
          expect(full.zones).toEqual(expect.arrayContaining([...bare.zones]));
          expect(full.regions).toEqual(expect.arrayContaining([...bare.regions]));
          expect(placeOfKey(windowKey(full))).toEqual(full);
        },
      ),
    );
  });

  test('is in zones that exist, each code in one row', () => {
    const named = [
      ...areaCodes.flatMap(([, list]) => list.split(',')),
      ...Object.values(countryZones).join().split(','),
    ];
    expect([...new Set(named)].filter((zone) => !isZone(zone))).toEqual([]);
    const codes = areaCodes.flatMap(([, , list]) => list.split(' '));
    expect(new Set(codes).size).toBe(codes.length);
    expect(codes.length).toBeGreaterThan(430);
  });
});

describe('a contact is not called', () => {
  const reasonOf = (more: Parameters<typeof facts>[0], at = noon) => judgeContact(facts(more), at);
  const dialed = (...ago: number[]) => ago.map((ms) => ({ atMs: noon - ms, sameCampaign: true }));

  test('without a reason: each one is named, says whether waiting helps, and until when', () => {
    expect(reasonOf({})).toMatchObject({
      allowed: true,
      reason: 'allowed',
      nextLegalAtMs: noon,
      final: false,
    });
    const final = { allowed: false, final: true, nextLegalAtMs: null };
    const nowhere = placeOf('+18005550101');
    expect(reasonOf({ place: nowhere })).toMatchObject({ ...final, reason: 'zone_unknown' });
    expect(reasonOf({ consent: 'denied' })).toMatchObject({ ...final, reason: 'consent_denied' });
    expect(reasonOf({ consent: 'express' })).toMatchObject({ ...final, reason: 'consent_missing' });
    expect(reasonOf({ listed: 'campaign' })).toMatchObject({ ...final, reason: 'do_not_call' });
    const total = rules({ caps: { total: 2 } });
    expect(reasonOf({ rules: total, dialed: dialed(8 * day, 9 * day) })).toMatchObject({
      ...final,
      reason: 'cap_total',
    });
    const never = rules({ windows: { monday: [{ from: '22:00', to: '23:00' }] } });
    expect(reasonOf({ rules: never })).toMatchObject({ ...final, reason: 'never_open' });

    const later = { allowed: false, final: false };
    const registry = { id: 'r', country: 'US', version: 1, maxAgeMs: 90 * day };
    const old = { ...registry, fetchedAtMs: noon - 32 * day };
    expect(reasonOf({ registries: [old] })).toMatchObject({
      ...later,
      reason: 'registry_stale',
      nextLegalAtMs: null,
    });
    expect(reasonOf({ registries: [{ ...registry, fetchedAtMs: null }] }).reason).toBe('registry_stale');
    expect(reasonOf({ registries: [{ ...old, fetchedAtMs: noon - 30 * day }] }).reason).toBe('allowed');
    const daily = rules({ caps: { perDay: 2 } });
    expect(reasonOf({ rules: daily, dialed: dialed(hour, 20 * hour) })).toMatchObject({
      ...{ ...later, reason: 'cap_day', nextLegalAtMs: noon + 4 * hour },
    });
    const weekly = rules({ workspaceCaps: { perWeek: 1 } });
    expect(reasonOf({ rules: weekly, dialed: [{ atMs: noon - day, sameCampaign: false }] })).toMatchObject({
      ...{ ...later, reason: 'cap_week', nextLegalAtMs: noon + 6 * day },
    });
    expect(reasonOf({}, noon + 10 * hour)).toMatchObject({
      ...{ ...later, reason: 'outside_window', nextLegalAtMs: noon + 20 * hour },
    });
  });

  test('by the strictest of all laws that may protect them', () => {
    const at = (phone: string, utc: string, more = {}) =>
      reasonOf({ place: placeOf(phone, { country: 'XX', ...more }) }, Date.parse(utc)).reason;
    // Half past eight in the evening: New York may, Miami may not, nor somebody of New York who lives in Florida.
    expect(at('+12125550101', '2026-03-04T01:30Z')).toBe('allowed');
    expect(at('+13055550101', '2026-03-04T01:30Z')).toBe('outside_window');
    expect(at('+12125550101', '2026-03-04T01:30Z', { givenState: 'FL' })).toBe('outside_window');
    // Three calls a day in Florida; the fourth is one too many.
    const miami = { place: placeOf('+13055550101') };
    expect(reasonOf({ ...miami, dialed: dialed(hour, 2 * hour) }).reason).toBe('allowed');
    expect(reasonOf({ ...miami, dialed: dialed(hour, 2 * hour, 3 * hour) }).reason).toBe('cap_day');
    // No Sundays and holidays in Alabama.
    expect(at('+12055550101', '2026-03-01T18:00Z')).toBe('outside_window');
    expect(at('+12055550101', '2026-07-04T18:00Z')).toBe('outside_window');
    expect(at('+12055550101', '2026-07-02T18:00Z')).toBe('allowed');
    // Mardi Gras and Good Friday in Louisiana, by its second edition.
    expect(at('+15045550101', '2026-02-17T18:00Z')).toBe('allowed');
    expect(at('+15045550101', '2027-02-09T18:00Z')).toBe('outside_window');
    expect(at('+15045550101', '2027-03-26T18:00Z')).toBe('outside_window');
    expect(at('+15045550101', '2027-03-27T18:00Z')).toBe('allowed');
    // Half past eight in the evening in Oregon, in the morning in Minnesota.
    expect(at('+15035550101', '2027-03-04T04:30Z')).toBe('outside_window');
    expect(at('+16125550101', '2027-03-04T14:30Z')).toBe('outside_window');
    expect(at('+16125550101', '2027-03-04T15:00Z')).toBe('allowed');
  });

  test('by editions that were not in force yet', () => {
    const informational = rules({ purpose: 'informational' });
    const asked = (utc: string) => reasonOf({ rules: informational, consent: 'unknown' }, Date.parse(utc));
    expect(asked('2024-02-07T17:00Z')).toMatchObject({ reason: 'allowed', packs: ['us@2013-10-16'] });
    expect(asked('2024-02-08T17:00Z')).toMatchObject({ reason: 'consent_missing', packs: ['us@2024-02-08'] });
  });

  test('more often than a cap allows, whatever was dialed before; and is again when the cap has room', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.integer({ min: 1, max: day }), fc.integer({ min: 1, max: 8 * day })), {
          maxLength: 8,
        }),
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 8 }),
        (ago, perDay, perWeek) => {
          const capped = facts({ rules: rules({ caps: { perDay, perWeek } }), dialed: dialed(...ago) });
          const within = (ms: number, at: number) =>
            capped.dialed.filter(({ atMs }) => atMs > at - ms && atMs <= at).length;
          const full = (at: number) => within(day, at) >= perDay || within(7 * day, at) >= perWeek;
          const { allowed, nextLegalAtMs } = judgeContact(capped, noon);
          expect(allowed).toBe(!full(noon));
          if (nextLegalAtMs === null) throw new Error('A cap by time ends.');
          expect(judgeContact(capped, nextLegalAtMs).allowed).toBe(true);
          if (!allowed && full(nextLegalAtMs - 1)) return;
          // Room came in the night; nobody was woken.
          if (!allowed) expect(judgeContact(capped, nextLegalAtMs - 1).reason).toBe('outside_window');
        },
      ),
      { numRuns: 2_000 },
    );
  });
});

describe('a campaign cannot be saved', () => {
  const problems = (given: object, period: { startsAt?: string; endsAt?: string } = {}) => {
    const date = (text: string | undefined) => (text ? new Date(text) : null);
    const dates = { startsAt: date(period.startsAt), endsAt: date(period.endsAt) };
    return checkRuleSettings(ruleSettings.parse(given), dates, noon).map(
      ({ path, message }) => `${path}: ${message}`,
    );
  };
  const office = [{ from: '09:00', to: '17:00' }];

  test('with windows in which nobody can ever be called', () => {
    expect(problems({})).toEqual([]);
    expect(problems({ windows: {} })).toEqual(['windows: there is no window on any day']);
    expect(problems({ windows: { monday: [{ from: '22:00', to: '06:00' }] } })[0]).toMatch(
      /^windows: no window is within/,
    );
    expect(problems({ windows: { sunday: office } })).toEqual([]);
    expect(problems({ windows: { sunday: office }, packs: ['neutral'] })[0]).toMatch(/rule packs neutral/);
    expect(problems({ windows: { monday: [{ from: '20:30', to: '20:45' }] } })).toEqual([]);
  });

  test('with a period that ends too early', () => {
    expect(problems({}, { startsAt: '2026-04-02', endsAt: '2026-04-01' })).toEqual([
      'endsAt: the end is not after the start',
    ]);
    expect(problems({}, { endsAt: '2026-03-01' })).toEqual(['endsAt: the end is in the past']);
    // From Saturday to Sunday, with windows on Mondays.
    const weekend = { startsAt: '2026-03-07T14:00Z', endsAt: '2026-03-08T10:00Z' };
    expect(problems({ windows: { monday: office } }, weekend)[0]).toMatch(/^endsAt: .*no moment/);
    const everyDate = Array.from({ length: 366 }, (_, n) =>
      new Date(Date.UTC(2028, 0, 1 + n)).toISOString().slice(5, 10),
    );
    expect(problems({ holidays: everyDate })).toEqual([
      'windows: the holidays leave no day on which anybody may be called',
    ]);
  });

  test('with times, dates and packs that do not exist', () => {
    const fields = (given: object) =>
      ruleSettings.safeParse(given).error?.issues.map(({ path }) => path.join('.'));
    expect(fields({ windows: { monday: [{ from: '25:00', to: '26:00' }] } })).toEqual([
      ...['windows.monday.0.from', 'windows.monday.0.to'],
    ]);
    expect(fields({ windows: { monday: [{ from: '09:00', to: '09:00' }] } })).toEqual([
      'windows.monday.0.to',
    ]);
    expect(fields({ windows: { someday: [] } })).toEqual(['windows']);
    expect(fields({ holidays: ['2026-02-29', '02-30', '2028-02-29', '02-29'] })).toEqual([
      'holidays.0',
      'holidays.1',
    ]);
    expect(fields({ packs: ['atlantis'] })).toEqual(['packs.0']);
    expect(fields({ caps: { perDay: 0 } })).toEqual(['caps.perDay']);
  });
});

describe('rule packs', () => {
  test('are dated, in order, named once, and their windows can be read', () => {
    expect(new Set(rulePacks.map(({ id }) => id)).size).toBe(rulePacks.length);
    for (const { id, editions } of rulePacks) {
      const dates = editions.map(({ from }) => Date.parse(from));
      expect(dates, id).toEqual([...dates].sort((a, b) => a - b));
      for (const { windows, source } of editions) {
        expect(ruleSettings.safeParse({ windows }).success, id).toBe(true);
        expect(source.length, id).toBeGreaterThan(10);
      }
    }
  });

  test('know the holidays of a year, and the day beside a weekend', () => {
    const dates = [...holidayDates(usHolidays, 2026)].sort();
    expect(dates).toEqual([
      ...['2026-01-01', '2026-01-19', '2026-02-16', '2026-05-25', '2026-06-19', '2026-07-03', '2026-07-04'],
      ...['2026-09-07', '2026-10-12', '2026-11-11', '2026-11-26', '2026-12-25'],
    ]);
  });
});

test.each([
  ...['1961-04-02', '2000-04-23', '2024-03-31', '2025-04-20', '2026-04-05', '2027-03-28', '2038-04-25'],
  ...['2049-04-18', '2285-03-22'],
])('Easter is on %s', (date) => {
  expect([...holidayDates([{ easter: 0 }], Number(date.slice(0, 4)))]).toEqual([date]);
});

describe('the abandon meter', () => {
  test('stops at 3 % and takes care before; full speed never lets the next mishap break the law', () => {
    expect(abandonState({ liveAnswered: 1_000, abandoned: 24 })).toBe('ok');
    expect(abandonState({ liveAnswered: 1_000, abandoned: 25 })).toBe('slow');
    expect(abandonState({ liveAnswered: 1_000, abandoned: 30 })).toBe('stop');
    expect(abandonState({ liveAnswered: 5, abandoned: 1 })).toBe('slow');
    expect(abandonState({ liveAnswered: 5, abandoned: 2 })).toBe('stop');
    fc.assert(
      fc.property(fc.nat(2_000), fc.nat(200), (liveAnswered, abandoned) => {
        fc.pre(abandoned <= liveAnswered);
        const state = abandonState({ liveAnswered, abandoned });
        if (isOverAbandoned({ liveAnswered, abandoned })) expect(state).toBe('stop');
        if (state === 'ok')
          expect(isOverAbandoned({ liveAnswered: liveAnswered + 1, abandoned: abandoned + 1 })).toBe(false);
      }),
    );
  });
});

test('the id of an attempt follows from contact and number, and no two are alike', () => {
  const contact = '0198c0de-0000-7000-8000-000000000001';
  const ids = Array.from({ length: 1_000 }, (_, number) => attemptId(contact, number));
  expect(new Set(ids).size).toBe(1_000);
  expect(attemptId(contact, 7)).toBe(ids[7]);
  expect(
    ids.every((id) => /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(id)),
  ).toBe(true);
});
