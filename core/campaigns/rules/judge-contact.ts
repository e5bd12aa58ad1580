import type { Consent } from '../../../db/schema/contacts.ts';
import {
  type ActiveEdition,
  editionsFor,
  namesOf,
  type RequiredConsent,
  registriesFor,
  rulesVersion,
} from './packs/index.ts';
import type { Place } from './places/locate.ts';
import { nextLegalMoment } from './schedule.ts';
import type { Caps, RuleSettings } from './settings.ts';
import { dayMs } from './time/local-time.ts';

/** Everything that decides whether somebody may be called. */
export interface ContactFacts {
  readonly rules: RuleSettings;
  readonly place: Place;
  readonly consent: Consent;
  /** The do-not-call list they are on. */
  readonly listed: ListName | null;
  /** The registries of their country that the workspace keeps. */
  readonly registries: readonly RegistryFacts[];
  /** Calls to this number that rang, or may have; by any campaign of the workspace. */
  readonly dialed: readonly DialFact[];
  /** Calls before those: `dialed` need not go back further than seven days. */
  readonly before: { readonly campaign: number; readonly workspace: number };
  /** The campaign has no number to show but their own. */
  readonly ownNumber?: boolean | undefined;
}

export type ListName = 'workspace' | 'campaign' | 'registry';

export interface RegistryFacts {
  readonly id: string;
  /** ISO 3166: whose numbers it is about. */
  readonly country: string;
  readonly version: number;
  /** Null: it has never come in. */
  readonly fetchedAtMs: number | null;
  readonly maxAgeMs: number;
}

export interface DialFact {
  readonly atMs: number;
  /** By the campaign that asks. */
  readonly sameCampaign: boolean;
}

/** Why somebody is not called; in the ledger, in contacts.blocked_reason, in the reports of the judge. */
export type Reason =
  | 'allowed'
  | 'zone_unknown'
  | 'own_number'
  | 'consent_denied'
  | 'consent_missing'
  | 'do_not_call'
  | 'registry_stale'
  | 'cap_total'
  | 'cap_week'
  | 'cap_day'
  | 'never_open'
  | 'outside_window';

export interface Judgement {
  readonly allowed: boolean;
  readonly reason: Reason;
  /** What the reason does not say, in words. */
  readonly detail: string;
  /** Waiting does not help: something of the contact or the campaign would have to change. */
  readonly final: boolean;
  /** When to ask again; the moment asked about when allowed, null when final or when nobody can know. */
  readonly nextLegalAtMs: number | null;
  readonly rulesVersion: string;
  /** Names of the rule packs' editions that were looked at. */
  readonly packs: readonly string[];
}

type Refusal = Pick<Judgement, 'reason' | 'detail' | 'final' | 'nextLegalAtMs'>;

/**
 * The one rule about calling somebody: at import, when the tick takes them, in the instant before the INVITE, and in
 * the judge afterwards. Pure. Fails closed: what is not known is not allowed. The first reason that holds is named,
 * those that are final first.
 */
export function judgeContact(facts: ContactFacts, atMs: number): Judgement {
  const editions = editionsFor(facts.place, facts.rules.packs, atMs);
  const refusal = refuse(facts, editions, atMs);
  return {
    ...(refusal ?? { reason: 'allowed', detail: '', final: false, nextLegalAtMs: atMs }),
    allowed: refusal === null,
    rulesVersion,
    packs: namesOf(editions),
  };
}

/** Nobody at this place is called before a registry of their country comes in anew. */
export function waitsForRegistry(
  rules: RuleSettings,
  place: Place,
  registries: readonly RegistryFacts[],
  atMs: number,
): boolean {
  const own = registriesFor(place, registries);
  if (own.length === 0) return false;
  const editions = editionsFor(place, rules.packs, atMs);
  return own.some((registry) => isStale(registry, editions, atMs));
}

function refuse(facts: ContactFacts, editions: readonly ActiveEdition[], atMs: number): Refusal | null {
  if (facts.place.zones.length === 0)
    return forGood('zone_unknown', 'Nothing tells in which time zone this person is.');
  if (facts.ownNumber)
    return forGood('own_number', 'The campaign has no number but theirs to call them from.');
  if (facts.consent === 'denied') return forGood('consent_denied', 'They said that they do not want calls.');
  if (facts.listed !== null) return forGood('do_not_call', `On the do-not-call list: ${facts.listed}.`);
  const needed = neededConsent(facts.rules, editions);
  if (needed !== null && strength[facts.consent] < strength[needed])
    return forGood('consent_missing', `Calls like these need ${needed} consent.`);
  if (facts.registries.some((registry) => isStale(registry, editions, atMs)))
    return {
      ...wait('registry_stale', null),
      detail: 'The copy of a do-not-call registry is too old or missing.',
    };
  return atCap(facts, editions, atMs) ?? atWindow(facts, atMs);
}

const forGood = (reason: Reason, detail: string): Refusal => ({
  reason,
  detail,
  final: true,
  nextLegalAtMs: null,
});
const wait = (reason: Reason, nextLegalAtMs: number | null): Refusal => ({
  ...{ reason, nextLegalAtMs, detail: '', final: false },
});

const strength: Readonly<Record<Consent, number>> = { denied: -1, unknown: 0, express: 1, written: 2 };

function neededConsent(rules: RuleSettings, editions: readonly ActiveEdition[]): RequiredConsent | null {
  const asked = editions.map(({ consent }) => consent?.[rules.purpose]);
  if (asked.includes('written')) return 'written';
  return asked.includes('express') || rules.consentRequired ? 'express' : null;
}

function isStale(registry: RegistryFacts, editions: readonly ActiveEdition[], atMs: number): boolean {
  const limits = editions.flatMap(({ registryMaxAgeMs }) => registryMaxAgeMs ?? []);
  const maxAgeMs = Math.min(registry.maxAgeMs, ...limits);
  return registry.fetchedAtMs === null || atMs - registry.fetchedAtMs > maxAgeMs;
}

interface Cap {
  readonly most: number;
  /** Null: ever. */
  readonly withinMs: number | null;
  readonly sameCampaign: boolean;
}

/** Every cap of campaign, workspace and law, with what it counts. */
function capsOf(rules: RuleSettings, editions: readonly ActiveEdition[]): Cap[] {
  const of = ({ perDay, perWeek, total }: Partial<Caps>, sameCampaign: boolean): Cap[] => [
    ...(perDay ? [{ most: perDay, withinMs: dayMs, sameCampaign }] : []),
    ...(perWeek ? [{ most: perWeek, withinMs: 7 * dayMs, sameCampaign }] : []),
    ...(total ? [{ most: total, withinMs: null, sameCampaign }] : []),
  ];
  return [
    ...of(rules.caps, true),
    ...of(rules.workspaceCaps, false),
    ...editions.flatMap(({ caps }) => (caps ? of(caps, false) : [])),
  ];
}

function atCap(facts: ContactFacts, editions: readonly ActiveEdition[], atMs: number): Refusal | null {
  let freeAt = atMs;
  let reason: Reason | null = null;
  for (const cap of capsOf(facts.rules, editions)) {
    const counted = facts.dialed.filter(({ sameCampaign }) => sameCampaign || !cap.sameCampaign);
    if (cap.withinMs === null) {
      const earlier = cap.sameCampaign ? facts.before.campaign : facts.before.workspace;
      if (counted.length + earlier >= cap.most)
        return forGood('cap_total', `${cap.most} calls were made, and no more are wanted.`);
      continue;
    }
    const { withinMs } = cap;
    const recent = counted.map((dial) => dial.atMs).filter((dialed) => dialed > atMs - withinMs);
    const oldest = recent.sort((a, b) => b - a)[cap.most - 1];
    if (oldest === undefined || oldest + withinMs <= freeAt) continue;
    freeAt = oldest + withinMs;
    reason = withinMs === dayMs ? 'cap_day' : 'cap_week';
  }
  return reason && wait(reason, nextLegalMoment(facts.rules, facts.place, freeAt));
}

function atWindow({ rules, place }: ContactFacts, atMs: number): Refusal | null {
  const next = nextLegalMoment(rules, place, atMs);
  if (next === null)
    return forGood('never_open', 'There is no hour at which windows and laws allow a call in every zone.');
  return next === atMs ? null : wait('outside_window', next);
}
