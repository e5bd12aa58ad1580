import { normalize, sameWord } from './normalize.ts';
import type { Dialogue, Intent } from './schema.ts';

export interface Matched {
  readonly intent: Intent;
  readonly score: number;
}

/** Words that say little alone weigh little. */
const light = new Set(
  'a an the is are am do does did you your we our i me my it to of in on at for and or can could would will please have has be what'.split(
    ' ',
  ),
);
const weightOf = (word: string): number => (light.has(word) ? 0.3 : 1);
/** Other words allowed between two words of a phrase. */
const longestGap = 2;

/** The intent that fits the text best, the earlier one of two equals; undefined when none fits. */
export function matchIntent(dialogue: Dialogue, text: string): Matched | undefined {
  let best: Matched | undefined;
  const plain = normalize(text);
  const words = plain.split(' ');
  for (const intent of dialogue.intents) {
    const score = scoreIntent(intent, plain, words);
    if (score > 0 && score * intent.weight > (best ? best.score * best.intent.weight : 0))
      best = { intent, score };
  }
  return best;
}

function scoreIntent({ match }: Intent, plain: string, words: readonly string[]): number {
  if (match.not.some((phrase) => scorePhrase(phrase, words) > 0)) return 0;
  const phrases = match.phrases.map((phrase) => scorePhrase(phrase, words));
  const patterns = match.patterns.map((pattern) => (new RegExp(pattern, 'u').test(plain) ? 2.5 : 0));
  return Math.max(0, ...phrases, ...patterns);
}

/** The weight of the phrase when all its words come in order, each soon after the one before; else 0. */
export function scorePhrase(phrase: string, words: readonly string[]): number {
  const wanted = normalize(phrase).split(' ');
  for (let start = 0; start < words.length; start++) {
    const gaps = followFrom(wanted, words, start);
    if (gaps === undefined) continue;
    return wanted.reduce((sum, word) => sum + weightOf(word), 0) - gaps * 0.1;
  }
  return 0;
}

function followFrom(wanted: readonly string[], words: readonly string[], start: number): number | undefined {
  let at = start;
  let gaps = 0;
  for (const [index, word] of wanted.entries()) {
    let gap = 0;
    while (at < words.length && !sameWord(words[at] ?? '', word)) {
      if (index === 0 || ++gap > longestGap) return undefined;
      at += 1;
    }
    if (at >= words.length) return undefined;
    gaps += gap;
    at += 1;
  }
  return gaps;
}
