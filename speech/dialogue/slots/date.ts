import { sameWord } from '../normalize.ts';
import { digitize } from './numbers.ts';
import type { SlotReader, SlotValue } from './slot-value.ts';

const weekdays = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];
const months = [
  'january',
  'february',
  'march',
  'april',
  'may',
  'june',
  'july',
  'august',
  'september',
  'october',
  'november',
  'december',
];
const dayMs = 86_400_000;

const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);

/** "tomorrow", "next Tuesday", "March 3rd", "the fifth", "2026-03-03". Dates are the next ones to come. */
export const readDate: SlotReader = (words, { asked, today, text }) => {
  const iso = /\b(\d{4})-(\d\d)-(\d\d)\b/.exec(text);
  if (iso) return dated(new Date(Date.UTC(Number(iso[1]), Number(iso[2]) - 1, Number(iso[3]))));
  const digits = digitize(words);
  return (
    relative(words, today) ?? byMonth(digits, today) ?? byWeekday(words, today) ?? byDay(digits, today, asked)
  );
};

function relative(words: readonly string[], today: Date): SlotValue | undefined {
  const after = (days: number) => dated(new Date(midnight(today).getTime() + days * dayMs));
  const at = words.indexOf('tomorrow');
  if (at >= 0) return after(words[at - 1] === 'after' ? 2 : 1);
  if (words.includes('today') || words.includes('tonight')) return after(0);
  return undefined;
}

function byMonth(words: readonly string[], today: Date): SlotValue | undefined {
  for (const [index, word] of words.entries()) {
    const month = months.findIndex((name) => word === name || (word.length >= 4 && name.startsWith(word)));
    if (month < 0) continue;
    const day =
      dayNumber(words[index + 1]) ??
      dayNumber(words[index + 2]) ??
      dayNumber(words[index - 1]) ??
      dayNumber(words[index - 2]);
    // "may" is mostly not a month.
    if (day === undefined) continue;
    const date = new Date(Date.UTC(today.getUTCFullYear(), month, day));
    if (date.getUTCMonth() !== month) continue;
    if (date < midnight(today)) date.setUTCFullYear(date.getUTCFullYear() + 1);
    return dated(date);
  }
  return undefined;
}

function byWeekday(words: readonly string[], today: Date): SlotValue | undefined {
  const weekday = weekdays.findIndex((name) => words.some((word) => sameWord(word, name)));
  if (weekday < 0) return undefined;
  const days = (weekday - today.getUTCDay() + 7) % 7 || 7;
  return dated(new Date(midnight(today).getTime() + days * dayMs));
}

function byDay(words: readonly string[], today: Date, asked: boolean): SlotValue | undefined {
  const ordinal = words.find((word) => /^\d{1,2}(st|nd|rd|th)$/.test(word));
  const day = dayNumber(ordinal) ?? (asked && words.length === 1 ? dayNumber(words[0]) : undefined);
  if (day === undefined) return undefined;
  const date = new Date(Date.UTC(today.getUTCFullYear(), today.getUTCMonth(), day));
  if (date < midnight(today)) date.setUTCMonth(date.getUTCMonth() + 1);
  return dated(date);
}

function dayNumber(word: string | undefined): number | undefined {
  const day = Number(/^(\d{1,2})(?:st|nd|rd|th)?$/.exec(word ?? '')?.[1] ?? Number.NaN);
  return day >= 1 && day <= 31 ? day : undefined;
}

const midnight = (date: Date): Date =>
  new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()));

function dated(date: Date): SlotValue {
  const weekday = capital(weekdays[date.getUTCDay()] ?? '');
  return {
    spoken: `${weekday}, ${capital(months[date.getUTCMonth()] ?? '')} ${date.getUTCDate()}`,
    canonical: date.toISOString().slice(0, 10),
  };
}
