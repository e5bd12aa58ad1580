import { goodFriday, mardiGras, usHolidays } from '../time/holidays.ts';
import { everyDay, mondayToFriday, mondayToSaturday } from '../time/week.ts';
import type { RulePack } from './pack.ts';

const days = 86_400_000;
const hours = { windows: everyDay('08:00', '21:00'), registryMaxAgeMs: 31 * days } as const;

/** Federal law: the strictest of the TCPA rules of the FCC and the Telemarketing Sales Rule of the FTC. */
const federal: RulePack = {
  id: 'us',
  name: 'United States, federal',
  countries: ['US', 'PR', 'VI', 'GU', 'AS', 'MP'],
  editions: [
    {
      from: '2005-01-01',
      source:
        '47 CFR 64.1200(c)(1) and 16 CFR 310.4(c): 8 to 21 h; 16 CFR 310.4(b)(3)(iv): registry of 31 days',
      ...hours,
      consent: { marketing: 'express' },
    },
    {
      from: '2013-10-16',
      source: '47 CFR 64.1200(a)(2) and (3): written consent for automated marketing calls',
      ...hours,
      consent: { marketing: 'written' },
    },
    {
      from: '2024-02-08',
      source:
        'FCC 24-17: a voice made by AI is an artificial voice, so informational calls need express consent too',
      ...hours,
      consent: { marketing: 'written', informational: 'express' },
    },
  ],
};

const state = (code: string, name: string, ...editions: RulePack['editions']): RulePack => ({
  id: `us-${code.toLowerCase()}`,
  name,
  regions: [`US-${code}`],
  editions: editions.map((edition) => ({ secondary: true, ...edition })),
});

/**
 * What this file learnt later counts from then on, however old the law is: calls are not judged afterwards by what the
 * dialer was not told.
 */
const known = '2026-12-01';
const hoursOfRhodeIsland = {
  ...mondayToFriday('09:00', '18:00'),
  saturday: [{ from: '10:00', to: '17:00' }],
};

/** States that are stricter than federal law. Where only a summary was at hand, the edition says `secondary`. */
const states: readonly RulePack[] = [
  state('FL', 'Florida', {
    from: '2021-07-01',
    source:
      'Fla. Stat. 501.616(6): 8 to 20 h, three calls in 24 hours; an area code of the state presumes residence',
    windows: everyDay('08:00', '20:00'),
    caps: { perDay: 3 },
  }),
  state('OK', 'Oklahoma', {
    from: '2022-11-01',
    source: 'Okla. Stat. 15 § 775C.4: 8 to 20 h, three calls in 24 hours',
    windows: everyDay('08:00', '20:00'),
    caps: { perDay: 3 },
  }),
  state('WA', 'Washington', {
    from: '2022-06-09',
    source: 'RCW 80.36.390: 8 to 20 h',
    windows: everyDay('08:00', '20:00'),
  }),
  state('MD', 'Maryland', {
    from: '2024-01-01',
    source: 'Md. Code, Com. Law 14-4501 and following: 8 to 20 h, three calls in 24 hours',
    windows: everyDay('08:00', '20:00'),
    caps: { perDay: 3 },
  }),
  state('AL', 'Alabama', {
    from: '2005-01-01',
    source: 'Ala. Code 8-19A-14: 8 to 20 h, not on Sundays and holidays',
    windows: mondayToSaturday('08:00', '20:00'),
    holidays: usHolidays,
  }),
  state(
    'LA',
    'Louisiana',
    {
      from: '2005-01-01',
      source: 'La. R.S. 45:844.31 and order of its commission: 8 to 20 h, not on Sundays and holidays',
      windows: mondayToSaturday('08:00', '20:00'),
      holidays: usHolidays,
    },
    {
      from: known,
      source:
        'The same; Mardi Gras and Good Friday are holidays too, La. R.S. 1:55 and General Order R-29617',
      windows: mondayToSaturday('08:00', '20:00'),
      holidays: [...usHolidays, mardiGras, goodFriday],
    },
  ),
  state(
    'MS',
    'Mississippi',
    {
      from: '2005-01-01',
      source: 'Miss. Code 77-3-723: 8 to 20 h, not on Sundays',
      windows: mondayToSaturday('08:00', '20:00'),
    },
    {
      from: known,
      source: 'The same, and not on holidays; summaries do not agree whether it says so',
      windows: mondayToSaturday('08:00', '20:00'),
      holidays: usHolidays,
    },
  ),
  state('CT', 'Connecticut', {
    from: '2023-10-01',
    source: 'Conn. Gen. Stat. 42-288a: 9 to 20 h',
    windows: everyDay('09:00', '20:00'),
  }),
  state('MA', 'Massachusetts', {
    from: '2005-01-01',
    source: 'Mass. Gen. Laws 159C § 3: 8 to 20 h',
    windows: everyDay('08:00', '20:00'),
  }),
  state(
    'RI',
    'Rhode Island',
    {
      from: '2005-01-01',
      source: 'R.I. Gen. Laws 5-61-3.6: 9 to 18 h, Saturdays 10 to 17 h, not on Sundays and holidays',
      windows: hoursOfRhodeIsland,
      holidays: usHolidays,
    },
    {
      from: known,
      source: 'The same; the Independence Day of the state and Victory Day are holidays too',
      windows: hoursOfRhodeIsland,
      // Victory Day is the second Monday of August.
      holidays: [...usHolidays, { month: 5, day: 4 }, { month: 8, weekday: 0, nth: 2 }],
    },
  ),
  state('TX', 'Texas', {
    from: '2009-04-01',
    source: 'Tex. Bus. & Com. Code 301.051: 9 to 21 h, Sundays from 12 h',
    windows: { ...mondayToSaturday('09:00', '21:00'), sunday: [{ from: '12:00', to: '21:00' }] },
  }),
  state('KY', 'Kentucky', {
    from: '2005-01-01',
    source: 'Ky. Rev. Stat. 367.46955: 10 to 21 h',
    windows: everyDay('10:00', '21:00'),
  }),
  state('OR', 'Oregon', {
    from: known,
    source: 'House Bill 3865 of 2025, in force since 2026-01-01: 8 to 20 h, three calls in 24 hours',
    windows: everyDay('08:00', '20:00'),
    caps: { perDay: 3 },
  }),
  state('NM', 'New Mexico', {
    from: known,
    source: 'N.M. Stat. 57-12-22(B)(5): 9 to 21 h',
    secondary: false,
    windows: everyDay('09:00', '21:00'),
  }),
  state('MN', 'Minnesota', {
    from: known,
    source: 'Minn. Stat. 325E.30: 9 to 21 h',
    windows: everyDay('09:00', '21:00'),
  }),
  state('NV', 'Nevada', {
    from: known,
    source: 'NRS 598.0918 and 597.814: 9 to 20 h',
    windows: everyDay('09:00', '20:00'),
  }),
  state('PA', 'Pennsylvania', {
    from: known,
    source: 'Act 78 of 2019 (73 P.S. 2241 and following): not on legal holidays, 44 P.S. 11',
    windows: everyDay('08:00', '21:00'),
    // Flag Day.
    holidays: [...usHolidays, goodFriday, { month: 6, day: 14 }],
  }),
];

export const unitedStates: readonly RulePack[] = [federal, ...states];
