import { isZone, offsetMs } from '../time/local-time.ts';
import { areaCodes } from './area-codes.ts';
import { countryZones } from './countries.ts';
import { regionsOfPostalCode } from './postal-codes.ts';
import { regionOf } from './regions.ts';

/** Where a person may be: every jurisdiction and every zone that cannot be ruled out. */
export interface Place {
  /** ISO 3166; null: the number tells none. */
  readonly country: string | null;
  /** ISO 3166-2, sorted: `US-FL`. */
  readonly regions: readonly string[];
  /** IANA, sorted. Empty: nobody knows, so nobody dials. */
  readonly zones: readonly string[];
}

export interface Whereabouts {
  /** E.164 */
  readonly phone: string;
  /** ISO 3166 of the number. */
  readonly country: string | null;
  readonly givenZone?: string | null;
  readonly givenState?: string | null;
  readonly givenZip?: string | null;
}

export type PlaceProblem = 'zone_invalid' | 'state_invalid' | 'zip_invalid';

interface Area {
  readonly country: string;
  readonly regions: readonly string[];
  readonly zones: readonly string[];
}

const areas = new Map<string, Area>();
const zonesOfRegion = new Map<string, Set<string>>();
for (const [names, zoneNames, codes] of areaCodes) {
  const [regions, zones] = [names.split('+'), zoneNames.split(',')];
  const country = regions[0]?.slice(0, 2) ?? '';
  for (const code of codes.split(' '))
    areas.set(code, { country, regions: regions.filter((name) => name.includes('-')), zones });
  for (const region of regions) {
    const known = zonesOfRegion.get(region) ?? new Set();
    for (const zone of zones) known.add(zone);
    zonesOfRegion.set(region, known);
  }
}

/** What the digits after the country code tell, where a country has several zones and its numbers have places. */
const prefixes: readonly (readonly [start: string, zones: string])[] = [
  ['+612', 'Australia/Sydney,Australia/Adelaide'],
  ['+613', 'Australia/Sydney'],
  ['+617', 'Australia/Brisbane'],
  ['+618', 'Australia/Adelaide,Australia/Darwin,Australia/Perth,Australia/Eucla'],
  ...['65', '66', '67'].map((code) => [`+55${code}`, 'America/Cuiaba'] as const),
  ...['69', '92', '95'].map((code) => [`+55${code}`, 'America/Manaus'] as const),
  ['+5568', 'America/Rio_Branco'],
  ['+5597', 'America/Manaus,America/Rio_Branco'],
  ['+5581', 'America/Noronha,America/Sao_Paulo'],
  ...['1', '2', '3', '4', '5', '6', '7', '8', '9'].map(
    (code) => [`+55${code}`, 'America/Sao_Paulo'] as const,
  ),
];

/**
 * Every zone and jurisdiction that a person's number, address and explicit zone leave possible. A number that tells
 * only its country (a mobile of India) counts for all of that country's zones, unless the list says which of them; a
 * zone of elsewhere comes on top. Returns the first thing of the list that cannot be read: whoever cannot read a rule
 * does not dial.
 */
export function locate(one: Whereabouts): Place | { readonly problem: PlaceProblem } {
  const area = one.phone.startsWith('+1') ? areas.get(one.phone.slice(2, 5)) : undefined;
  const regions = new Set(area?.regions);
  const zones = new Set(area?.zones ?? prefixZones(one.phone));
  if (one.givenZone) {
    if (!isZone(one.givenZone)) return { problem: 'zone_invalid' };
    zones.add(one.givenZone);
  }
  // States and postal codes are read where they belong to the number's numbering plan; elsewhere they are only words.
  if (one.phone.startsWith('+1')) {
    const state = one.givenState ? regionOf(one.givenState) : undefined;
    if (state === null) return { problem: 'state_invalid' };
    const ofZip = one.givenZip ? regionsOfPostalCode(one.givenZip) : [];
    if (one.givenZip && ofZip.length === 0) return { problem: 'zip_invalid' };
    for (const region of [...(state ? [state] : []), ...ofZip]) {
      if (region.includes('-')) regions.add(region);
      for (const zone of zonesOfRegion.get(region) ?? countryZones[region]?.split(',') ?? []) zones.add(zone);
    }
  }
  const country = area?.country ?? one.country ?? [...regions][0]?.slice(0, 2) ?? null;
  if (!one.phone.startsWith('+1') && country !== null && prefixZones(one.phone).length === 0) {
    const own = countryZones[country]?.split(',') ?? [];
    const { givenZone } = one;
    if (!givenZone || !own.some((zone) => showSameTime(zone, givenZone)))
      for (const zone of own) zones.add(zone);
  }
  return { country, regions: [...regions].sort(), zones: [...zones].sort() };
}

/** As far as anybody can tell who looks in a January and in a July. */
const showSameTime = (zone: string, other: string): boolean =>
  [Date.UTC(2026, 0, 15), Date.UTC(2026, 6, 15)].every((ms) => offsetMs(zone, ms) === offsetMs(other, ms));

function prefixZones(phone: string): readonly string[] {
  // A mobile of Australia (+614) is nowhere in particular; in Brazil mobiles have area codes as well.
  return prefixes.find(([start]) => phone.startsWith(start))?.[1].split(',') ?? [];
}

/**
 * A place as one word, which contacts.window_key holds: contacts of one key may be called at the same moments, so a
 * tick asks once for all of them. `placeOfKey` reads it again.
 */
export const windowKey = ({ country, regions, zones }: Place): string =>
  `${country ?? ''};${regions.join(',')};${zones.join(',')}`;

export function placeOfKey(key: string): Place {
  const known = keptPlaces.get(key);
  if (known) return known;
  if (keptPlaces.size >= mostPlaces) keptPlaces.clear();
  const place = readKey(key);
  keptPlaces.set(key, place);
  return place;
}

/** One Place for each key: what follows from it is remembered by its identity. */
const keptPlaces = new Map<string, Place>();
const mostPlaces = 10_000;

function readKey(key: string): Place {
  const [country = '', regions = '', zones = ''] = key.split(';');
  const list = (text: string) => (text === '' ? [] : text.split(','));
  return { country: country || null, regions: list(regions), zones: list(zones) };
}
