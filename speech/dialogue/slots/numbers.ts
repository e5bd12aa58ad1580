const units: Readonly<Record<string, number>> = {
  zero: 0,
  oh: 0,
  o: 0,
  one: 1,
  won: 1,
  two: 2,
  three: 3,
  four: 4,
  five: 5,
  six: 6,
  seven: 7,
  eight: 8,
  ate: 8,
  nine: 9,
  ten: 10,
  eleven: 11,
  twelve: 12,
  thirteen: 13,
  fourteen: 14,
  fifteen: 15,
  sixteen: 16,
  seventeen: 17,
  eighteen: 18,
  nineteen: 19,
};
const tens: Readonly<Record<string, number>> = {
  twenty: 20,
  thirty: 30,
  forty: 40,
  fifty: 50,
  sixty: 60,
  seventy: 70,
  eighty: 80,
  ninety: 90,
};
const ordinals: Readonly<Record<string, number>> = {
  first: 1,
  second: 2,
  third: 3,
  fourth: 4,
  fifth: 5,
  sixth: 6,
  seventh: 7,
  eighth: 8,
  ninth: 9,
  tenth: 10,
  eleventh: 11,
  twelfth: 12,
  thirteenth: 13,
  fourteenth: 14,
  fifteenth: 15,
  sixteenth: 16,
  seventeenth: 17,
  eighteenth: 18,
  nineteenth: 19,
  twentieth: 20,
  thirtieth: 30,
};

/** A digit word or a number up to 99 in words; undefined for anything else. "to" and "for" are not numbers here. */
export function numberWord(word: string): number | undefined {
  return units[word] ?? tens[word];
}

/** Writes number words as digits: "twenty first" 21st, "nine thirty" 9 30. Ordinals keep their "th". */
export function digitize(words: readonly string[]): string[] {
  const result: string[] = [];
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? '';
    const next = words[i + 1] ?? '';
    const ten = tens[word];
    const unit = units[next];
    const ordinal = ordinals[next];
    if (ten !== undefined && unit !== undefined && unit >= 1 && unit <= 9) {
      result.push(String(ten + unit));
      i += 1;
    } else if (ten !== undefined && ordinal !== undefined && ordinal <= 9) {
      result.push(`${ten + ordinal}th`);
      i += 1;
    } else if (ordinals[word] !== undefined) result.push(`${ordinals[word]}th`);
    else result.push(String(numberWord(word) ?? word));
  }
  return result;
}
