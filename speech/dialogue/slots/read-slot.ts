import { normalize } from '../normalize.ts';
import type { Slot } from '../schema.ts';
import { readDate } from './date.ts';
import { digitize, numberWord } from './numbers.ts';
import type { SlotContext, SlotReader, SlotValue } from './slot-value.ts';
import { readTime } from './time.ts';

const same = (text: string): SlotValue => ({ spoken: text, canonical: text });

/** Digits in a row, said or written; seven to fifteen of them. */
const readPhone: SlotReader = (words) => {
  let digits = '';
  let repeat = 1;
  for (const word of words) {
    if (word === 'double' || word === 'triple') {
      repeat = word === 'double' ? 2 : 3;
      continue;
    }
    const value = /^\+?\d+$/.test(word) ? word.replace('+', '') : numberWord(word)?.toString();
    if (value !== undefined) digits += value.repeat(value.length === 1 ? repeat : 1);
    repeat = 1;
  }
  if (digits.length < 7 || digits.length > 15) return undefined;
  const tail = digits.slice(-7);
  const groups = [digits.slice(0, -10), digits.slice(-10, -7), tail.slice(0, 3), tail.slice(3)].filter(
    Boolean,
  );
  return { spoken: groups.join(' '), canonical: digits };
};

const readNumber: SlotReader = (words) => {
  const found = digitize(words).find((word) => /^\d{1,4}$/.test(word));
  return found === undefined ? undefined : same(found);
};

const readEmail: SlotReader = (_, { text }) => {
  const joined = text
    .toLowerCase()
    .replace(/\s+at\s+/g, '@')
    .replace(/\s+dot\s+/g, '.')
    .replace(/\s+(underscore|dash)\s+/g, (_match, sign: string) => (sign === 'dash' ? '-' : '_'));
  const [found] = /[\w.+-]+@[\w-]+(?:\.[\w-]+)+/.exec(joined) ?? [];
  return found === undefined ? undefined : same(found.replace(/\.$/, ''));
};

const nameLead =
  /\b(?:my (?:full |first )?name is|the name is|name is|this is|it is|i am|call me|under|for)\s+([\p{L}'-]+(?:\s+[\p{L}'-]+){0,3})/u;
const notNames = new Set(
  'a an the yes yeah yep no nope not okay sure what when where who why how hello hi hey thanks thank please i you we it is are my book booking appointment calling looking interested want would like need tomorrow today monday tuesday wednesday thursday friday saturday sunday um uh er well so just cleaning checkup here there good fine great sorry looking trying going afraid one new patient at on and or'.split(
    ' ',
  ),
);

const readName: SlotReader = (words, { asked }) => {
  const sentence = words.join(' ');
  const led = nameLead.exec(sentence)?.[1];
  const bare = asked
    ? sentence.replace(/^(?:(?:um|uh|er|well|sure|yes|yeah|okay|so|it is|hi|hello|of course)\s+)+/u, '')
    : undefined;
  for (const candidate of [led, bare && bare.split(' ').length <= 4 ? bare : undefined]) {
    const parts = (candidate ?? '').split(' ').filter(Boolean);
    const end = parts.findIndex((part) => notNames.has(part) || /\d/.test(part));
    const kept = parts.slice(0, end < 0 ? parts.length : end).slice(0, 3);
    if (kept.length > 0 && (led === undefined || asked || sentence.includes('name is')))
      return same(kept.map((part) => part.charAt(0).toUpperCase() + part.slice(1)).join(' '));
  }
  return undefined;
};

const readText: SlotReader = (_, { asked, text }) =>
  asked && text.trim() !== '' ? same(text.trim()) : undefined;

const readers: Readonly<Record<Slot['type'], SlotReader>> = {
  name: readName,
  date: readDate,
  time: readTime,
  phone: readPhone,
  number: readNumber,
  email: readEmail,
  text: readText,
};

export const readSlot = (type: Slot['type'], context: SlotContext): SlotValue | undefined =>
  readers[type](normalize(context.text).split(' '), context);
