const spellings: readonly (readonly [RegExp, string])[] = [
  [/\b([ap])\s?\.?\s?m\b\.?/g, '$1m'],
  [/\b(o'clock|o clock)\b/g, ''],
  [/\bcan't\b/g, 'can not'],
  [/\bwon't\b/g, 'will not'],
  [/n't\b/g, ' not'],
  [/\b(i)'m\b/g, '$1 am'],
  [/\b(what|where|who|when|how|that|it|there|here)'s\b/g, '$1 is'],
  [/'re\b/g, ' are'],
  [/'ll\b/g, ' will'],
  [/'d\b/g, ' would'],
  [/'ve\b/g, ' have'],
  [/\bgood ?bye\b/g, 'goodbye'],
  [/\bbye bye\b|\bbuy buy\b/g, 'goodbye'],
  [/\bclothes\b/g, 'close'],
  [/\be-?mail\b/g, 'email'],
  [/\bok\b/g, 'okay'],
];

/** Lower case, no punctuation, contractions spelled out: what a recognizer writes differently becomes the same. */
export function normalize(text: string): string {
  let plain = text.toLowerCase().replace(/[’‘]/g, "'");
  for (const [pattern, replacement] of spellings) plain = plain.replace(pattern, replacement);
  return plain
    .replace(/(\d)[:.](\d\d)(?=\D|$)/g, '$1:$2')
    .replace(/[^\p{L}\p{N}:@+']+/gu, ' ')
    .replace(/(?<!\d):|:(?!\d)/g, ' ')
    .replace(/'s\b/g, '')
    .replace(/'/g, '')
    .replace(/\s+/g, ' ')
    .trim();
}

/** A crude stem: enough for "opens", "opening", "prices". */
export function stem(word: string): string {
  if (word.length <= 3 || /\d/.test(word)) return word;
  return word
    .replace(/(?:ies)$/, 'y')
    .replace(/(?<=[^s])(?:es|s)$/, '')
    .replace(/(?<=\w{3})(?:ing|ed)$/, '')
    .replace(/(?<=\w{3})e$/, '');
}

/** True for the same stem, or in a long word one letter wrong, missing or too many. */
export function sameWord(a: string, b: string): boolean {
  if (a === b) return true;
  const first = stem(a);
  const second = stem(b);
  if (first === second) return true;
  return first.length >= 5 && second.length >= 5 && first[0] === second[0] && isOneEditApart(first, second);
}

function isOneEditApart(a: string, b: string): boolean {
  if (Math.abs(a.length - b.length) > 1) return false;
  let at = 0;
  while (at < a.length && a[at] === b[at]) at += 1;
  const [restA, restB] = [a.slice(at), b.slice(at)];
  if (a.length === b.length) return restA.slice(1) === restB.slice(1);
  return a.length > b.length ? restA.slice(1) === restB : restA === restB.slice(1);
}
