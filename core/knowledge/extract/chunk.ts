import type { Block, Passage } from './blocks.ts';

/** Characters; four of them are about a token. A passage is small enough to be read out of, large enough to answer. */
const targetLength = 1_000;
const maxLength = 1_250;
/** What a passage repeats of the one before it in the same section. */
const overlapLength = 180;

/**
 * Cuts a document into passages of 200 to 300 tokens: at paragraphs where possible, else at sentences, never across
 * a heading. Each carries the headings above it.
 */
export function chunk(blocks: readonly Block[]): Passage[] {
  const passages: Passage[] = [];
  const headings: { level: number; text: string; used: boolean }[] = [];
  const path = () => headings.map(({ text }) => text).join(' › ');
  let parts: string[] = [];
  let page: number | null = null;
  /** Whether `parts` holds more than what the passage before has said. */
  let fresh = false;
  const lengthOf = () => parts.reduce((sum, part) => sum + part.length + 1, 0);
  const flush = () => {
    const text = parts.join(' ').trim();
    if (fresh && text !== '') passages.push({ heading: path(), text, page });
    parts = [];
    page = null;
    fresh = false;
  };
  const add = (text: string, at: number | null) => {
    if (parts.length > 0 && lengthOf() + text.length > (parts.length > 1 ? targetLength : maxLength)) {
      const tail = overlapOf(parts);
      const overlapPage = page;
      flush();
      parts = tail;
      page = tail.length > 0 ? overlapPage : null;
    }
    page = parts.length > 0 && !fresh ? (at ?? page) : (page ?? at);
    parts.push(text);
    fresh = true;
  };
  const closeHeading = (level: number) => {
    for (let last = headings.at(-1); last && last.level >= level; last = headings.at(-1)) {
      // A heading with nothing under it says something itself.
      if (!last.used) passages.push({ heading: path(), text: last.text, page: null });
      headings.pop();
    }
  };
  for (const block of blocks) {
    if (block.kind === 'heading') {
      flush();
      closeHeading(block.level);
      for (const above of headings) above.used = true;
      headings.push({ level: block.level, text: block.text.slice(0, 200), used: false });
      continue;
    }
    for (const heading of headings) heading.used = true;
    if (block.kind === 'row') flush();
    const at = block.kind === 'text' ? (block.page ?? null) : null;
    // So that the page is right; a sentence that goes on overleaf stays whole.
    if (page !== null && at !== page && /[.!?:;。！？]["')\]]?$/.test(parts.at(-1) ?? '')) flush();
    for (const piece of pieces(block.text)) add(piece, at);
    if (block.kind === 'row') flush();
  }
  flush();
  closeHeading(1);
  return passages;
}

const sentences = new Intl.Segmenter(undefined, { granularity: 'sentence' });

/** A paragraph whole when it fits, else its sentences, else what can be cut between words. */
function pieces(paragraph: string): string[] {
  if (paragraph.length <= targetLength) return [paragraph];
  return [...sentences.segment(paragraph)]
    .map(({ segment }) => segment.trim())
    .filter((sentence) => sentence !== '')
    .flatMap((sentence) => (sentence.length <= targetLength ? [sentence] : cutLong(sentence)));
}

function cutLong(sentence: string): string[] {
  const cut: string[] = [];
  for (let rest = sentence; rest !== ''; ) {
    if (rest.length <= targetLength) return [...cut, rest];
    const space = rest.lastIndexOf(' ', targetLength);
    const half = /[\uD800-\uDBFF]/.test(rest[targetLength - 1] ?? '') ? 1 : 0;
    const at = space > targetLength / 2 ? space : targetLength - half;
    cut.push(rest.slice(0, at).trim());
    rest = rest.slice(at).trim();
  }
  return cut;
}

/** The last sentences, as far as they are short. */
function overlapOf(parts: readonly string[]): string[] {
  const last = parts.at(-1) ?? '';
  const tail: string[] = [];
  let length = 0;
  for (const { segment } of [...sentences.segment(last)].reverse()) {
    length += segment.length;
    if (length > overlapLength) break;
    tail.unshift(segment.trim());
  }
  return tail.length === 0 ? [] : [tail.join(' ')];
}
