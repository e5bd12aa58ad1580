import { regionOf } from './regions.ts';

/** The first three digits of US postal codes: first, last, state. Military ones (AA, AE, AP) tell no place. */
const zipStates = `5 5 NY|6 7 PR|8 8 VI|9 9 PR|10 27 MA|28 29 RI|30 38 NH|39 49 ME|50 54 VT|55 55 MA|56 59 VT|60 69 CT
  |70 89 NJ|100 149 NY|150 196 PA|197 199 DE|200 200 DC|201 201 VA|202 205 DC|206 219 MD|220 246 VA|247 268 WV|270 289 NC
  |290 299 SC|300 319 GA|320 339 FL|341 342 FL|344 344 FL|346 347 FL|349 349 FL|350 369 AL|370 385 TN|386 397 MS
  |398 399 GA|400 427 KY|430 459 OH|460 479 IN|480 499 MI|500 528 IA|530 549 WI|550 567 MN|569 569 DC|570 577 SD
  |580 588 ND|590 599 MT|600 629 IL|630 658 MO|660 679 KS|680 693 NE|700 714 LA|716 729 AR|730 731 OK|733 733 TX
  |734 749 OK|750 799 TX|800 816 CO|820 831 WY|832 838 ID|840 847 UT|850 865 AZ|870 884 NM|885 885 TX|889 898 NV
  |900 961 CA|967 968 HI|969 969 GU|970 979 OR|980 994 WA|995 999 AK`;

/** The first letter of Canadian ones. X is used by two territories. */
const canadian: Readonly<Record<string, readonly string[]>> = {
  ...{
    A: ['NL'],
    B: ['NS'],
    C: ['PE'],
    E: ['NB'],
    G: ['QC'],
    H: ['QC'],
    J: ['QC'],
    K: ['ON'],
    L: ['ON'],
    M: ['ON'],
  },
  ...{ N: ['ON'], P: ['ON'], R: ['MB'], S: ['SK'], T: ['AB'], V: ['BC'], X: ['NT', 'NU'], Y: ['YT'] },
};

const states = new Map<number, string>();
for (const range of zipStates.split('|')) {
  const [first, last, state = ''] = range.trim().split(' ');
  for (let prefix = Number(first); prefix <= Number(last); prefix++) states.set(prefix, state);
}

/** Regions of a US or Canadian postal code; empty: it is none, or tells no place. */
export function regionsOfPostalCode(text: string): readonly string[] {
  const code = text.trim().toUpperCase();
  // Spreadsheets drop the zeros in front.
  const zip = /^(\d{3,5})(?:-?\d{4})?$/.exec(code)?.[1]?.padStart(5, '0');
  // American Samoa, an hour behind, among those of Hawaii.
  if (zip === '96799') return known(['AS']);
  if (zip !== undefined) return known([states.get(Number(zip.slice(0, 3))) ?? '']);
  return /^[A-Z]\d[A-Z] ?\d[A-Z]\d$/.test(code) ? known(canadian[code.charAt(0)] ?? []) : [];
}

const known = (names: readonly string[]): string[] => names.flatMap((name) => regionOf(name) ?? []);
