import type { Consent } from '../../../db/schema/contacts.ts';
import { locate, type Place, type PlaceProblem, placeOfKey, windowKey } from '../../campaigns/rules/index.ts';
import { isPhoneCountry, type Phone, type PhoneProblem, readPhone } from '../phone.ts';
import { listLimits } from './limits.ts';
import { type ColumnRole, columnRoles, type ListMapping } from './mapping.ts';

export type RowProblem =
  | PhoneProblem
  | PlaceProblem
  | 'text_broken'
  | 'cell_too_long'
  | 'too_many_cells'
  | 'country_invalid'
  | 'consent_invalid'
  | 'priority_invalid'
  | 'duplicate_in_list'
  | 'duplicate_elsewhere';

/** Why a row did not become a contact, for whoever mends the list. */
export const rowProblems: Readonly<Record<RowProblem, string>> = {
  phone_missing: 'there is no phone number',
  phone_rounded: 'the spreadsheet has rounded the phone number; format its column as text',
  phone_extension: 'numbers with an extension cannot be dialed',
  phone_invalid: 'this is no phone number; write it as +16505551234, or name the country',
  zone_invalid: 'there is no time zone of this name; write it as America/New_York',
  state_invalid: 'this is no state or province of the US or Canada',
  zip_invalid: 'this is no postal code of the US or Canada',
  text_broken: 'the row holds characters that no text has',
  cell_too_long: `a cell is longer than ${listLimits.cellLength} characters`,
  too_many_cells: 'the row has more cells than the header',
  country_invalid: 'there is no country of this code; write it as US, GB, IN',
  consent_invalid: 'consent is yes, written or no',
  priority_invalid: 'a priority is a number from 0 to 9',
  duplicate_in_list: 'the number is on the list already',
  duplicate_elsewhere: 'the number is in a campaign already',
};

/** Where somebody is. The same object for all rows that say the same. */
export interface Located {
  readonly place: Place;
  readonly windowKey: string;
}

export interface RowContact {
  readonly phone: Phone;
  readonly located: Located;
  readonly givenZone: string | null;
  readonly givenState: string | null;
  readonly givenZip: string | null;
  /** JSON of the variables by name. */
  readonly variables: string;
  readonly consent: Consent;
  readonly consentEvidence: string | null;
  readonly priority: number;
}

export interface ListLayout {
  readonly columns: readonly string[];
  readonly mapping: ListMapping;
  readonly defaultCountry: string | null;
}

export const usualPriority = 5;

/** Reads rows of one list. Pure; remembers places, because a million rows have a few thousand of them. */
export function rowReader({ columns, mapping, defaultCountry }: ListLayout) {
  const at = Object.fromEntries(
    columnRoles.map((role) => [role, mapping[role] === null ? -1 : columns.indexOf(mapping[role])]),
  ) as Record<ColumnRole, number>;
  const taken = new Set([...Object.values(at), ...mapping.ignore.map((name) => columns.indexOf(name))]);
  const variables = columns.flatMap((name, index) =>
    taken.has(index) ? [] : [{ key: `${JSON.stringify(name)}:`, index }],
  );
  const placeFor = rememberPlaces();

  return (rawCells: readonly string[]): RowContact | { readonly problem: RowProblem } => {
    const cells = rawCells.map(plain);
    const broken = brokenRow(cells, columns.length);
    if (broken) return { problem: broken };
    const country = cells[at.country]?.toUpperCase() || defaultCountry;
    if (country !== null && !isPhoneCountry(country)) return { problem: 'country_invalid' };
    const phone = readPhone(cells[at.phone] ?? '', country);
    if ('problem' in phone) return phone;
    const given = {
      givenZone: cells[at.zone] || mapping.zoneOfAll,
      givenState: cells[at.state] || null,
      givenZip: cells[at.zip] || null,
    };
    const located = placeFor(phone, given);
    if ('problem' in located) return located;
    const consent = readConsent(cells[at.consent] || null, mapping);
    if (consent === null) return { problem: 'consent_invalid' };
    const priority = cells[at.priority] || null;
    if (priority !== null && !/^\d$/.test(priority)) return { problem: 'priority_invalid' };
    let values = '';
    for (const { key, index } of variables)
      if (cells[index]) values += `${values === '' ? '' : ','}${key}${JSON.stringify(cells[index])}`;
    return {
      phone,
      located,
      givenZone: given.givenZone,
      givenState: given.givenState,
      givenZip: given.givenZip,
      variables: `{${values}}`,
      consent,
      consentEvidence: cells[at.consentEvidence] || null,
      priority: priority === null ? usualPriority : Number(priority),
    };
  };
}

/** An apostrophe that keeps a spreadsheet from calculating (our own error files have it) is not part of the text. */
const plain = (cell: string): string =>
  (cell.charCodeAt(0) === 39 && /^'[=+\-@]/.test(cell) ? cell.slice(1) : cell).trim();

const noText = /(?!\s)\p{Cc}|\ufffd|\p{Cs}/u;
/** Most cells have none, and need not be looked at letter by letter. */
const unusual = /[^\x20-\x7e]/;

function brokenRow(cells: readonly string[], width: number): RowProblem | null {
  for (let index = 0; index < cells.length; index++) {
    const cell = cells[index] ?? '';
    if (index >= width && cell !== '') return 'too_many_cells';
    if (cell.length > listLimits.cellLength) return 'cell_too_long';
    if (unusual.test(cell) && noText.test(cell)) return 'text_broken';
  }
  return null;
}

const consentWords = new Map<string, Consent>([
  ...[
    'yes',
    'y',
    'true',
    '1',
    'express',
    'given',
    'granted',
    'opted in',
    'opt-in',
    'ja',
    'si',
    'sí',
    'oui',
  ].map((word): [string, Consent] => [word, 'express']),
  ...['written', 'express written', 'signed'].map((word): [string, Consent] => [word, 'written']),
  ...['no', 'n', 'false', '0', 'denied', 'refused', 'opted out', 'opt-out', 'stop', 'nein', 'non'].map(
    (word): [string, Consent] => [word, 'denied'],
  ),
  ['unknown', 'unknown'],
]);

function readConsent(text: string | null, { consentOfAll }: ListMapping): Consent | null {
  if (text === null) return consentOfAll ?? 'unknown';
  const word = consentWords.get(text.toLowerCase());
  return word === 'unknown' ? (consentOfAll ?? word) : (word ?? null);
}

type Given = Pick<RowContact, 'givenZone' | 'givenState' | 'givenZip'>;

function rememberPlaces(): (phone: Phone, given: Given) => Located | { readonly problem: PlaceProblem } {
  const known = new Map<string, Located | { readonly problem: PlaceProblem }>();
  return ({ e164, country }, given) => {
    // No place depends on more digits than these.
    const key = `${e164.slice(0, 5)} ${country} ${given.givenZone} ${given.givenState} ${given.givenZip}`;
    const remembered = known.get(key);
    if (remembered) return remembered;
    const place = locate({ phone: e164, country, ...given });
    const located = 'problem' in place ? place : placeOfOwn(place);
    if (known.size >= 50_000) known.clear();
    known.set(key, located);
    return located;
  };
}

/** A cell is a part of the piece of the file that it came in; what is remembered must not keep all of that. */
function placeOfOwn(place: Place): Located {
  const key = Buffer.from(windowKey(place)).toString();
  return { place: placeOfKey(key), windowKey: key };
}
