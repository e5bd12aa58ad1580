import { everyDay, mondayToFriday, mondayToSaturday } from '../time/week.ts';
import type { RulePack } from './pack.ts';

const days = 86_400_000;

export const unitedKingdom: RulePack = {
  id: 'uk',
  name: 'United Kingdom',
  countries: ['GB', 'GG', 'JE', 'IM'],
  editions: [
    {
      from: '2017-03-01',
      source:
        'PECR 2003, regulation 19: automated marketing calls only with prior consent; hours by the code of the industry',
      secondary: true,
      windows: { ...mondayToSaturday('08:00', '21:00'), sunday: [{ from: '09:00', to: '20:00' }] },
      consent: { marketing: 'express' },
      registryMaxAgeMs: 28 * days,
    },
  ],
};

export const india: RulePack = {
  id: 'in',
  name: 'India',
  countries: ['IN'],
  editions: [
    {
      from: '2011-09-27',
      source: 'TRAI, commercial communications customer preference regulations: nothing from 21 to 9 h',
      secondary: true,
      windows: everyDay('09:00', '21:00'),
      consent: { marketing: 'express' },
      registryMaxAgeMs: 7 * days,
    },
  ],
};

export const canada: RulePack = {
  id: 'ca',
  name: 'Canada',
  countries: ['CA'],
  editions: [
    {
      from: '2008-09-30',
      source:
        'CRTC unsolicited telecommunications rules: weekdays 9 to 21:30 h, weekends 10 to 18 h; automated voice with consent',
      secondary: true,
      windows: {
        ...mondayToFriday('09:00', '21:30'),
        saturday: [{ from: '10:00', to: '18:00' }],
        sunday: [{ from: '10:00', to: '18:00' }],
      },
      consent: { marketing: 'express' },
      registryMaxAgeMs: 31 * days,
    },
  ],
};

/** Where no pack knows the country: hours that few laws forbid, and no marketing without consent. */
export const neutral: RulePack = {
  id: 'neutral',
  name: 'Neutral default',
  editions: [
    {
      from: '1970-01-01',
      source: 'our own choice: 9 to 20 h, not on Sundays',
      windows: mondayToSaturday('09:00', '20:00'),
      consent: { marketing: 'express' },
      registryMaxAgeMs: 31 * days,
    },
  ],
};
