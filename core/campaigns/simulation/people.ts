import type { Consent } from '../../../db/schema/contacts.ts';
import { DomainError } from '../../errors.ts';
import { locate, type Place, windowKey } from '../rules/index.ts';
import { areaCodes } from '../rules/places/area-codes.ts';
import { chanceOf, idOf } from './chance.ts';
import type { SimulationSettings } from './settings.ts';

export interface Callee {
  readonly id: string;
  readonly phone: string;
  readonly windowKey: string;
  readonly consent: Consent;
  readonly listed: boolean;
}

const perExchange = 10_000;

/** The people of a simulation, one after the other. Nobody has these numbers: they are never dialed. */
export function* people(settings: SimulationSettings): Generator<Callee> {
  const places = placesOf(settings.zone);
  const most = places.length * perExchange * 10;
  if (settings.contacts > most)
    throw new DomainError('invalid', `There are numbers for ${most} people in ${settings.zone} only.`);
  const keys = places.map(({ place }) => windowKey(place));
  for (let n = 0; n < settings.contacts; n++) {
    const chance = chanceOf(settings.seed, 'contact', n);
    const at = n % places.length;
    const line = Math.floor(n / places.length);
    const exchange = 550 + Math.floor(line / perExchange);
    yield {
      id: idOf(settings.seed, 'contact', n),
      phone: `+1${places[at]?.code}${exchange}${String(line % perExchange).padStart(4, '0')}`,
      windowKey: keys[at] ?? '',
      consent: chance() < settings.withoutConsentShare ? 'unknown' : 'written',
      listed: chance() < settings.listedShare,
    };
  }
}

/** Area codes with where they are: those of the United States, or those of one zone; else a code without a place. */
function placesOf(zone: string | undefined): { readonly code: string; readonly place: Place }[] {
  const codes = areaCodes
    .filter(([region]) => region.startsWith('US-'))
    .flatMap(([, , all]) => all.split(' '))
    .flatMap((code) => {
      const place = locate({ phone: `+1${code}5550100`, country: 'US' });
      return 'problem' in place ? [] : [{ code, place }];
    });
  if (zone === undefined) return codes;
  const there = codes.filter(({ place }) => place.zones.length === 1 && place.zones[0] === zone);
  if (there.length > 0) return there;
  const place = { country: null, regions: [], zones: [zone] };
  return ['500', '521', '522', '533'].map((code) => ({ code, place }));
}
