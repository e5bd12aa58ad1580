/** Words before a full stop that do not end a sentence. */
const abbreviations =
  /(?:^|[\s(])(?:dr|mr|mrs|ms|st|ave|blvd|rd|no|vs|etc|e\.g|i\.e|approx|dept|apt|jr|sr|inc|ltd|[a-z])\.$/i;

const softBreak = /\s(?=(?:and|but|or|because|so|if|when|which|while|with|for|from|then)\s)/gi;
const comma = /[,–—]\s+|\s-\s/g;

/**
 * How long the first, the second and all further pieces may be, in characters. The first is there early; each
 * one is spoken while the next one is made, so they may grow.
 */
const limits = [32, 70, 140] as const;
const shortestFirst = 5;
/** A first piece may be a little longer when a comma ends it. */
const longestOpening = 40;
/** Piper takes longer ones, but one job then holds a thread for seconds. */
const longestEver = 240;

/**
 * Cuts text into pieces to be spoken one after the other; joined they are the text again. The first piece is
 * short when `eager`, so that its sound is there early; later ones are whole sentences where possible.
 */
export function splitClauses(text: string, { eager = true }: { eager?: boolean } = {}): string[] {
  const clauses: string[] = [];
  for (const sentence of splitSentences(text)) {
    for (let rest = sentence; rest !== ''; ) {
      const place = eager ? clauses.filter((clause) => hasSound(clause)).length : limits.length;
      const end = endOfClause(rest, place);
      clauses.push(rest.slice(0, end));
      rest = rest.slice(end);
    }
  }
  return joinSilent(clauses);
}

const hasSound = (clause: string): boolean => /[\p{L}\p{N}]/u.test(clause);

function endOfClause(text: string, place: number): number {
  if (place === 0) {
    const opening = breaks(text, comma).find((end) => end > shortestFirst);
    if (opening !== undefined && opening <= longestOpening) return opening;
  }
  const limit = limits[Math.min(place, limits.length - 1)] ?? longestEver;
  if (text.length <= limit) return text.length;
  const isGood = (end: number, most: number) => end >= 12 && end <= most && text.length - end >= 8;
  const commas = breaks(text, comma);
  const soft = breaks(text, softBreak);
  return (
    commas.findLast((end) => isGood(end, limit)) ??
    soft.findLast((end) => isGood(end, limit)) ??
    [...commas, ...soft].sort((a, b) => a - b).find((end) => isGood(end, longestEver)) ??
    hardEnd(text)
  );
}

const breaks = (text: string, pattern: RegExp): number[] =>
  [...text.matchAll(pattern)]
    .map((match) => match.index + match[0].length)
    .filter((end) => end < text.length);

function hardEnd(text: string): number {
  if (text.length <= longestEver) return text.length;
  const space = text.lastIndexOf(' ', longestEver - 1);
  return space > longestEver / 2 ? space + 1 : wholeCharacters(text, longestEver);
}

/** Sentences with the space after them; joined they are the text. */
export function splitSentences(text: string): string[] {
  const sentences: string[] = [];
  let start = 0;
  for (const match of text.matchAll(/[.!?…]+["'”’)\]]*\s+|\n+\s*|[;:]\s+/g)) {
    const end = match.index + match[0].length;
    const before = text.slice(start, match.index + match[0].trimEnd().length);
    const next = text[end] ?? '';
    const isStop = match[0].startsWith('.') && match[0].trimEnd() === '.';
    if (isStop && (abbreviations.test(before) || (/[ap]\.m\.$/i.test(before) && /[a-z]/.test(next))))
      continue;
    sentences.push(text.slice(start, end));
    start = end;
  }
  if (start < text.length) sentences.push(text.slice(start));
  return sentences;
}

/** Never between the halves of a surrogate pair. */
const wholeCharacters = (text: string, at: number): number =>
  /[\uD800-\uDBFF]/.test(text[at - 1] ?? '') ? at - 1 : at;

/** A piece without a letter or digit makes no sound of its own: it goes with its neighbour. */
function joinSilent(clauses: string[]): string[] {
  const joined: string[] = [];
  for (const clause of clauses) {
    const last = joined.at(-1);
    if (last !== undefined && (!hasSound(clause) || !hasSound(last)))
      joined[joined.length - 1] = last + clause;
    else joined.push(clause);
  }
  return joined;
}
