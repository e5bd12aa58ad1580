import { expect, test } from 'vitest';
import { Retelling } from './retelling.ts';
import { isSpeakable, resumeAt, Script } from './script.ts';

const text = 'First we open the doors. Then we make the coffee. At nine the guests come.';
const rest = (words: string, seconds: number) => text.slice(resumeAt(text, words, seconds)).trim();

test('speech that broke off goes on behind its last word', () => {
  expect(rest('First we open the doors. Then we ', 2)).toBe('make the coffee. At nine the guests come.');
  expect(rest(text, 6)).toBe('');
});

test('speech whose words are not known goes on at the beginning of its sentence', () => {
  expect(rest('', 0)).toBe(text);
  expect(rest('', 1)).toBe(text);
  expect(rest('', 2.5)).toBe('Then we make the coffee. At nine the guests come.');
  expect(rest('Erstens öffnen wir die Türen und', 2)).toBe(
    'Then we make the coffee. At nine the guests come.',
  );
});

test('a synthesiser that waits for sentences is not blamed before it has one', () => {
  expect(isSpeakable('We are open from', false)).toBe(false);
  expect(isSpeakable('We are open from nine to five. On Sundays we', false)).toBe(true);
  expect(isSpeakable('Yes.', true)).toBe(true);
  expect(isSpeakable(' … ', true)).toBe(false);
});

test('every reader of a script gets all of it, from its own place', async () => {
  const script = new Script();
  const read = async (at: number) => {
    let all = '';
    for await (const piece of script.from(at, new AbortController().signal)) all += piece;
    return all;
  };
  script.push('one ');
  const [first, second] = [read(0), read(4)];
  script.push('two ');
  await Promise.resolve();
  script.push('three');
  script.end();
  expect(await first).toBe('one two three');
  expect(await second).toBe('two three');
});

const retell = (said: string, ...pieces: string[]) => {
  const retelling = new Retelling(said, 'Once more:');
  return pieces.map((piece) => retelling.push(piece)).join('');
};

test('what was said already is not said again, unless the second telling is another one', () => {
  expect(retell('', 'We are open.')).toBe('We are open.');
  expect(retell('We are ', 'We ', 'are open ', 'today.')).toBe('open today.');
  expect(retell('We are open from ', 'Our hours ', 'are nine to five.')).toBe(
    ' Once more: Our hours are nine to five.',
  );
});
