import { createHash } from 'node:crypto';
import type { Place } from '../places/locate.ts';
import { canada, india, neutral, unitedKingdom } from './others.ts';
import type { Edition, RulePack } from './pack.ts';
import { unitedStates } from './us.ts';

export type { Edition, Purpose, RequiredConsent, RulePack } from './pack.ts';

/** To add a law: a pack or a new edition here. Never change an edition that was in force; decisions name it. */
export const rulePacks: readonly RulePack[] = [...unitedStates, unitedKingdom, india, canada, neutral];

/** Of the code in this folder: goes up when the same data would be read differently. */
const reading = 2;

/** Names the whole rule set; every decision carries it. */
export const rulesVersion = `${reading}.${createHash('sha256').update(JSON.stringify(rulePacks)).digest('hex').slice(0, 8)}`;

const byId = new Map(rulePacks.map((pack) => [pack.id, pack]));
export const isRulePack = (id: string): boolean => byId.has(id);

export interface ActiveEdition extends Edition {
  /** `us-fl@2021-07-01` */
  readonly name: string;
}

/**
 * The editions that protect whoever may be in a place, at a moment: those of every possible country and region, and
 * those a campaign asks for besides. Where none knows the place the neutral one counts.
 */
export function editionsFor(place: Place, extra: readonly string[], atMs: number): readonly ActiveEdition[] {
  const until = nextEditionAfter(atMs);
  const known = kept.get(place);
  if (known?.extra === extra && known.until === until) return known.editions;
  const editions = findEditions(place, extra, atMs);
  kept.set(place, { extra, until, editions });
  return editions;
}

/** The last answer for each place: it holds until another edition comes into force. */
const kept = new WeakMap<
  Place,
  { readonly extra: readonly string[]; readonly until: number; readonly editions: readonly ActiveEdition[] }
>();

/** ISO 3166: the countries that somebody may be in. */
const countriesOf = ({ country, regions }: Place): ReadonlySet<string> =>
  new Set([...(country === null ? [] : [country]), ...regions.map((region) => region.slice(0, 2))]);

/**
 * The national registries that protect whoever may be in a place: that of the first country of a pack is for all
 * countries of it (numbers of Puerto Rico are in the registry of the United States).
 */
export function registriesFor<R extends { readonly country: string }>(
  place: Place,
  registries: readonly R[],
): R[] {
  if (registries.length === 0) return [];
  const countries = countriesOf(place);
  const isIn = (one: string) => countries.has(one);
  return registries.filter(
    ({ country }) =>
      isIn(country) || rulePacks.some((pack) => pack.countries?.[0] === country && pack.countries.some(isIn)),
  );
}

function findEditions(place: Place, extra: readonly string[], atMs: number): readonly ActiveEdition[] {
  const countries = countriesOf(place);
  const regions = new Set(place.regions);
  const packs = rulePacks.filter(
    (pack) =>
      pack.countries?.some((country) => countries.has(country)) ||
      pack.regions?.some((region) => regions.has(region)),
  );
  const all = new Set(packs.length > 0 ? packs : [neutral]);
  for (const id of extra) {
    const pack = byId.get(id);
    if (pack) all.add(pack);
  }
  return [...all].flatMap((pack) => editionAt(pack, atMs) ?? []);
}

/** What a decision calls them. One array for the same editions. */
export function namesOf(editions: readonly ActiveEdition[]): readonly string[] {
  const names = keptNames.get(editions) ?? editions.map(({ name }) => name);
  keptNames.set(editions, names);
  return names;
}

const keptNames = new WeakMap<readonly ActiveEdition[], readonly string[]>();

function editionAt(pack: RulePack, atMs: number): ActiveEdition | undefined {
  const edition = pack.editions.findLast(({ from }) => Date.parse(from) <= atMs);
  return edition && { ...edition, name: `${pack.id}@${edition.from}` };
}

/** The next moment at which an edition comes into force; infinity after the last. */
export const nextEditionAfter = (atMs: number): number =>
  editionMoments.find((moment) => moment > atMs) ?? Number.POSITIVE_INFINITY;

const editionMoments = rulePacks
  .flatMap((pack) => pack.editions.map(({ from }) => Date.parse(from)))
  .sort((a, b) => a - b);
