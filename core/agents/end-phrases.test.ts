import { expect, test } from 'vitest';
import { endPhraseIn } from './end-phrases.ts';

test.each([
  ['Thank you, and good-bye!', ['Good bye'], 'Good bye'],
  ['GOODBYE.', ['hello', 'goodbye'], 'goodbye'],
  ['Auf Wiederhören', ['auf wiederhören!'], 'auf wiederhören!'],
  ['Have a nice\nday', ['have a nice day'], 'have a nice day'],
])('%j has one of %j in it', (text, phrases, found) => {
  expect(endPhraseIn(text, phrases)).toBe(found);
});

test.each([
  ['Goodbyes are hard', ['goodbye']],
  ['anything', []],
  ['anything', ['...', '']],
  ['', ['goodbye']],
])('%j has none of %j in it', (text, phrases) => {
  expect(endPhraseIn(text, phrases)).toBeUndefined();
});
