import { expect, test } from 'vitest';
import { soundPart } from './sound-part.ts';

const at = (...paths: string[]) => paths.map((path) => ({ path, message: 'wrong' }));

test('what is complained about is taken out: fields whole, of lists the items', () => {
  const sent = { name: 7, tags: ['a', 1, 'c', 2], hours: { from: 9 }, kept: true };
  const sound = soundPart(sent, at('name', 'tags.1', 'tags.3', 'hours.from'));
  expect(sound?.body).toEqual({ tags: ['a', 'c'], kept: true });
  expect(sound?.sentPath('tags.1.length')).toBe('tags.2.length');
  expect(sound?.sentPath('tags.0')).toBe('tags.0');
  expect(sound?.sentPath('kept')).toBe('kept');
  expect(sent.tags).toHaveLength(4);
});

test('a list that is wrong itself goes as a whole, and what is missing stays so', () => {
  const sound = soundPart({ tags: [1, 2], kept: 1 }, at('tags.0', 'tags', 'absent'));
  expect(sound?.body).toEqual({ kept: 1 });
});

test('of what is no object nothing is left', () => {
  expect(soundPart(['a'], at(''))).toBeNull();
  expect(soundPart(null, at(''))).toBeNull();
});
