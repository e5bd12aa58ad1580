import { expect, test } from 'vitest';
import { piecesOf, streamOfPieces } from './long-text.ts';

const sound = (value: number) => new Int16Array(2_400).fill(value);

test('a long text begins with its first sentence, and no word of it is lost or cut in two', () => {
  const text = `Good morning. ${'The doctor is late today. '.repeat(40)}${'word '.repeat(100)}${'x'.repeat(600)}`;
  const [first, ...rest] = piecesOf(text);
  expect(first).toBe('Good morning.');
  const bare = (words: string) => words.replaceAll(/\s/g, '');
  expect(bare([first, ...rest].join(''))).toBe(bare(text));
  for (const piece of rest) expect(piece.length).toBeLessThanOrEqual(250);
  expect(rest[0]).toMatch(/^The doctor .* today\.$/);
  expect(piecesOf('Yes')).toEqual(['Yes']);
  expect(piecesOf('...')).toEqual(['...']);
});

test('each piece is rendered while the one before it is heard, and one that fails ends it', async () => {
  const rendered: string[] = [];
  let begun = 0;
  const render = async (text: string) => {
    rendered.push(text);
    if (text === 'three') throw new Error('The voice is gone.');
    return sound(text.length);
  };
  const stream = streamOfPieces(sound(1), ['two', 'three', 'four'], { render, onBegin: () => begun++ });
  await new Promise((resolve) => setImmediate(resolve));
  // Nobody listens yet.
  expect([begun, rendered]).toEqual([0, []]);
  const heard: number[] = [];
  for await (const { data } of stream) {
    heard.push(data[0] ?? 0);
    if (heard.length === 1) expect([begun, rendered]).toEqual([1, ['two']]);
  }
  expect(heard).toEqual([1, 1, 3, 3]);
  expect(rendered).toEqual(['two', 'three']);
});
