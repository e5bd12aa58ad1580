import { digitize } from './numbers.ts';
import type { SlotReader, SlotValue } from './slot-value.ts';

/** "3 pm", "half past two", "nine thirty", "15:30", "noon". Without am or pm: office hours (1 to 6 is afternoon). */
export const readTime: SlotReader = (words, { asked }) => {
  if (words.includes('noon') || words.includes('midday')) return clock(12, 0);
  const digits = digitize(words);
  return halfOrQuarter(digits) ?? onTheClock(digits) ?? bareHour(digits, asked);
};

function halfOrQuarter(words: readonly string[]): SlotValue | undefined {
  const at = words.findIndex((word) => word === 'half' || word === 'quarter');
  const direction = words[at + 1];
  const hour = number(words[at + 2], 1, 12);
  if (at < 0 || hour === undefined || (direction !== 'past' && direction !== 'to' && direction !== 'after'))
    return undefined;
  const minutes = words[at] === 'half' ? 30 : 15;
  const [spoken, minute] = direction === 'to' ? [hour === 1 ? 12 : hour - 1, 60 - minutes] : [hour, minutes];
  return clock(withHalf(spoken, half(words, at + 3)), minute);
}

function onTheClock(words: readonly string[]): SlotValue | undefined {
  for (const [index, word] of words.entries()) {
    const [, digitsHour, digitsMinute, joined] = /^(\d{1,2})(?::?(\d\d))?([ap]m)?$/.exec(word) ?? [];
    const hour = number(digitsHour, 0, 23);
    if (hour === undefined) continue;
    const spokenMinute = digitsMinute ?? minuteAfter(words, index);
    const minute = Number(spokenMinute ?? 0);
    if (minute > 59) continue;
    const used = digitsMinute === undefined && spokenMinute !== undefined ? 2 : 1;
    const said = joined ?? half(words, index + used);
    if (said === undefined && spokenMinute === undefined && words[index - 1] !== 'at') continue;
    return clock(withHalf(hour, said), minute);
  }
  return undefined;
}

/** "9 30", "9 0 5". */
function minuteAfter(words: readonly string[], index: number): string | undefined {
  const next = words[index + 1] ?? '';
  if (/^[1-5]\d$/.test(next)) return next;
  const after = words[index + 2] ?? '';
  return next === '0' && /^\d$/.test(after) ? after : undefined;
}

function bareHour(words: readonly string[], asked: boolean): SlotValue | undefined {
  if (!asked) return undefined;
  const hours = words.flatMap((word) => number(word, 1, 12) ?? []);
  const [hour] = hours;
  return hour !== undefined && hours.length === 1 ? clock(withHalf(hour, undefined), 0) : undefined;
}

function half(words: readonly string[], at: number): string | undefined {
  const near = words.slice(at, at + 4);
  const said = near.find((word) => word === 'am' || word === 'pm');
  if (said) return said;
  if (near.includes('morning')) return 'am';
  return near.includes('afternoon') || near.includes('evening') ? 'pm' : undefined;
}

function withHalf(hour: number, said: string | undefined): number {
  if (said === 'am') return hour === 12 ? 0 : hour;
  if (said === 'pm') return hour < 12 ? hour + 12 : hour;
  return hour >= 1 && hour <= 6 ? hour + 12 : hour;
}

const number = (word: string | undefined, min: number, max: number): number | undefined => {
  const value = /^\d{1,2}$/.test(word ?? '') ? Number(word) : Number.NaN;
  return value >= min && value <= max ? value : undefined;
};

function clock(hour: number, minute: number): SlotValue {
  const twelve = hour % 12 === 0 ? 12 : hour % 12;
  const minutes = String(minute).padStart(2, '0');
  return {
    spoken: `${twelve}${minute === 0 ? '' : `:${minutes}`} ${hour < 12 ? 'AM' : 'PM'}`,
    canonical: `${String(hour).padStart(2, '0')}:${minutes}`,
  };
}
