/** US states and Canadian provinces by the names that lists use, in small letters; the code is ISO 3166-2. */
const names: Readonly<Record<'US' | 'CA', string>> = {
  US: `AL alabama|AK alaska|AZ arizona|AR arkansas|CA california|CO colorado|CT connecticut|DE delaware
    |DC district of columbia|FL florida|GA georgia|HI hawaii|ID idaho|IL illinois|IN indiana|IA iowa|KS kansas
    |KY kentucky|LA louisiana|ME maine|MD maryland|MA massachusetts|MI michigan|MN minnesota|MS mississippi|MO missouri
    |MT montana|NE nebraska|NV nevada|NH new hampshire|NJ new jersey|NM new mexico|NY new york|NC north carolina
    |ND north dakota|OH ohio|OK oklahoma|OR oregon|PA pennsylvania|RI rhode island|SC south carolina|SD south dakota
    |TN tennessee|TX texas|UT utah|VT vermont|VA virginia|WA washington|WV west virginia|WI wisconsin|WY wyoming`,
  CA: `AB alberta|BC british columbia|MB manitoba|NB new brunswick|NL newfoundland and labrador|NS nova scotia
    |NT northwest territories|NU nunavut|ON ontario|PE prince edward island|QC quebec|SK saskatchewan|YT yukon`,
};

/** Territories of the US that are countries of their own in ISO 3166 and in the numbering plan. */
const territories = new Set(['PR', 'VI', 'GU', 'AS', 'MP']);

const byName = new Map<string, string>();
for (const [country, list] of Object.entries(names))
  for (const entry of list.split('|')) {
    const [code = '', ...name] = entry.trim().split(' ');
    byName.set(code.toLowerCase(), `${country}-${code}`);
    byName.set(name.join(' '), `${country}-${code}`);
  }
for (const code of territories) byName.set(code.toLowerCase(), code);
byName.set('québec', 'CA-QC');

/** `NY`, `US-NY`, `New York` → `US-NY`. Null: no state or province of the US or Canada. */
export function regionOf(text: string): string | null {
  const name = text
    .trim()
    .toLowerCase()
    .replace(/^(us|ca)-(?=[a-z]{2}$)/, '')
    .replaceAll(/\s+/g, ' ');
  return byName.get(name) ?? null;
}
