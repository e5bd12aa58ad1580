import { type CountryCode, isSupportedCountry, parsePhoneNumberFromString } from 'libphonenumber-js/max';

export type PhoneProblem = 'phone_missing' | 'phone_rounded' | 'phone_extension' | 'phone_invalid';

export interface Phone {
  readonly e164: string;
  /** ISO 3166; null: of no country (satellites, freephone of the world). */
  readonly country: string | null;
}

/**
 * Reads a number as lists have it: with brackets, dashes, `tel:`, 00 in front; without a country code where
 * `defaultCountry` (ISO 3166) says which one is meant. Only numbers of the real numbering plan pass.
 */
export function readPhone(
  text: string,
  defaultCountry: string | null,
): Phone | { readonly problem: PhoneProblem } {
  const bare = text.trim();
  if (bare === '') return { problem: 'phone_missing' };
  const plain = /^\+?\d+$/.test(bare) ? bare : bare.replaceAll(/[\s().\-\u2010-\u2015\u00a0]/g, '');
  const american = american10(plain, defaultCountry);
  if (american !== null) {
    const country = countryInNorthAmerica(american);
    if (country !== null) return { e164: `+1${american}`, country };
  }
  return readSlowly(bare, plain, defaultCountry);
}

function readSlowly(
  bare: string,
  plain: string,
  defaultCountry: string | null,
): Phone | { readonly problem: PhoneProblem } {
  // A spreadsheet that took the number for a number: 4.47911E+11. Its last digits are gone.
  if (/^\+?\d(?:[.,]?\d*)e\+?\d+$/i.test(plain) || /^\+?\d[.,]\d+e\+?\d+$/i.test(bare))
    return { problem: 'phone_rounded' };
  const international = plain.startsWith('00') ? `+${plain.slice(2)}` : bare;
  const country = countryCode(defaultCountry);
  const parsed = parsePhoneNumberFromString(
    international,
    country === null ? {} : { defaultCountry: country },
  );
  if (!parsed?.isValid()) return { problem: 'phone_invalid' };
  if (parsed.ext !== undefined) return { problem: 'phone_extension' };
  return { e164: parsed.number, country: parsed.country ?? null };
}

const countryCode = (name: string | null): CountryCode | null =>
  name !== null && isSupportedCountry(name) ? name : null;

/** Whether numbers can be read in this country's way. */
export const isPhoneCountry = (name: string): boolean => isSupportedCountry(name);

/** The ten digits of what is written like a number of North America. */
function american10(plain: string, defaultCountry: string | null): string | null {
  if (/^\+1\d{10}$/.test(plain)) return plain.slice(2);
  if (defaultCountry !== 'US' && defaultCountry !== 'CA') return null;
  if (/^1\d{10}$/.test(plain)) return plain.slice(1);
  return /^[2-9]\d{9}$/.test(plain) ? plain : null;
}

/**
 * In North America the first six digits decide whether a number is one, and of which country (a test compares this
 * with the library). They are asked once each: the library takes 15 µs for a number, and lists have a million.
 */
const verdicts = new Uint8Array(1_000_000);
const unknown = 0;
const invalid = 1;
const countries: string[] = ['', ''];

function countryInNorthAmerica(digits: string): string | null {
  const prefix = Number(digits.slice(0, 6));
  let verdict = verdicts[prefix] ?? unknown;
  if (verdict === unknown) {
    const parsed = parsePhoneNumberFromString(`+1${digits}`);
    verdict = parsed?.isValid() && parsed.country ? numberOf(parsed.country) : invalid;
    verdicts[prefix] = verdict;
  }
  return verdict === invalid ? null : (countries[verdict] ?? null);
}

function numberOf(country: string): number {
  const known = countries.indexOf(country, 2);
  return known >= 0 ? known : countries.push(country) - 1;
}
