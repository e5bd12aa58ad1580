import fc from 'fast-check';
import { parsePhoneNumberFromString } from 'libphonenumber-js/max';
import { describe, expect, test } from 'vitest';
import { listMapping } from './import/mapping.ts';
import { PhoneSet } from './import/phone-set.ts';
import { rowReader } from './import/read-row.ts';
import { readPhone } from './phone.ts';

describe('a number', () => {
  test('is read as the library reads it, in every way that lists write it', () => {
    const digits = fc
      .tuple(fc.integer({ min: 200, max: 999 }), fc.integer({ min: 0, max: 9_999_999 }))
      .map(([area, rest]) => `${area}${String(rest).padStart(7, '0')}`);
    const spelling = fc.constantFrom(
      ...[(text: string) => `+1${text}`, (text: string) => text, (text: string) => `1 ${text}`],
      (text: string) => `(${text.slice(0, 3)}) ${text.slice(3, 6)}-${text.slice(6)}`,
    );
    fc.assert(
      fc.property(digits, spelling, (text, spell) => {
        const theirs = parsePhoneNumberFromString(spell(text), { defaultCountry: 'US' });
        const ours = readPhone(spell(text), 'US');
        const expected = theirs?.isValid()
          ? { e164: theirs.number, country: theirs.country ?? null }
          : { problem: 'phone_invalid' };
        expect(ours).toEqual(expected);
      }),
      { numRuns: 2_000 },
    );
  });

  test('keeps its verdict for every number that begins alike', () => {
    const rest = fc.integer({ min: 0, max: 9_999 }).map((number) => String(number).padStart(4, '0'));
    fc.assert(
      fc.property(fc.integer({ min: 200_000, max: 999_999 }), rest, rest, (prefix, one, other) => {
        const verdict = (end: string) => {
          const parsed = parsePhoneNumberFromString(`+1${prefix}${end}`);
          return parsed?.isValid() ? parsed.country : undefined;
        };
        expect(verdict(one)).toBe(verdict(other));
      }),
      { numRuns: 2_000 },
    );
  });

  test('of another country needs its code or its country', () => {
    expect(readPhone('020 7946 0018', 'GB')).toEqual({ e164: '+442079460018', country: 'GB' });
    expect(readPhone('0044 20 7946 0018', null)).toEqual({ e164: '+442079460018', country: 'GB' });
    expect(readPhone('tel:+44-20-7946-0018', null)).toEqual({ e164: '+442079460018', country: 'GB' });
    expect(readPhone('020 7946 0018', null)).toEqual({ problem: 'phone_invalid' });
    expect(readPhone('4,47911E+11', 'GB')).toEqual({ problem: 'phone_rounded' });
    expect(readPhone('  ', 'GB')).toEqual({ problem: 'phone_missing' });
  });
});

test('a set of numbers holds what was put in, once', () => {
  const phone = fc.bigInt({ min: 10n, max: 999_999_999_999_999n }).map((number) => `+${number}`);
  fc.assert(
    fc.property(
      fc.array(fc.oneof(phone, fc.constantFrom('+12125550101', '+442079460018')), { maxLength: 400 }),
      (all) => {
        const [ours, theirs] = [new PhoneSet(), new Set<string>()];
        for (const one of all) {
          expect(ours.add(one)).toBe(!theirs.has(one));
          theirs.add(one);
        }
      },
    ),
  );
  const many = new PhoneSet();
  for (let number = 0; number < 20_000; number++) many.add(`+1212${2_000_000 + number}`);
  expect(many.add('+12122000007')).toBe(false);
  expect(many.add('+12123000000')).toBe(true);
});

test('a row with characters that no text has is refused', () => {
  const read = rowReader({
    ...{ columns: ['phone', 'name'], defaultCountry: 'US' },
    mapping: listMapping.parse({ phone: 'phone' }),
  });
  for (const name of ['a\u0007bell', 'a\0zero', 'lost \ufffd letter', 'half \ud83d pair'])
    expect(read(['2125550101', name])).toEqual({ problem: 'text_broken' });
  expect(read(['2125550101', 'Zoë 👋\nand friends'])).toMatchObject({
    variables: JSON.stringify({ name: 'Zoë 👋\nand friends' }),
  });
});
