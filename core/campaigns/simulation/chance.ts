import { createHash } from 'node:crypto';

/** A source of numbers from 0 to 1 that gives the same ones for the same words. */
export type Chance = () => number;

/** Mulberry32 (Tommy Ettinger, public domain), begun by a hash of the words. */
export function chanceOf(...words: readonly (string | number)[]): Chance {
  let state = createHash('sha256').update(words.join(' ')).digest().readUInt32LE();
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export const between = (chance: Chance, least: number, most: number): number =>
  least + (most - least) * chance();

/**
 * A length of talk: mostly shorter than the mean, now and then much longer (log-normal, capped at ten times the mean).
 */
export function talkMs(chance: Chance, meanMs: number): number {
  const spread = 0.7;
  const normal = Math.sqrt(-2 * Math.log(1 - chance())) * Math.cos(2 * Math.PI * chance());
  const length = meanMs * Math.exp(spread * normal - spread ** 2 / 2);
  return Math.round(Math.min(meanMs * 10, Math.max(1_000, length)));
}

/** A UUID that follows from the words (version 8, RFC 9562). */
export function idOf(...words: readonly (string | number)[]): string {
  const hex = createHash('sha256').update(words.join(' ')).digest('hex').slice(0, 32).split('');
  hex[12] = '8';
  hex[16] = '8';
  const text = hex.join('');
  return [text.slice(0, 8), text.slice(8, 12), text.slice(12, 16), text.slice(16, 20), text.slice(20)].join(
    '-',
  );
}
