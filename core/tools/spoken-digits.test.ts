import { expect, test } from 'vitest';
import { spokenDigits } from './spoken-digits.ts';

test.each([
  ['Five five five, oh one two three.', '5550123'],
  ['It is 4, 0, 7, double nine.', '40799'],
  ['407 99', '40799'],
  ['twenty-one, thirty, fifteen', '213015'],
  ['triple zero seven', '0007'],
  ['two thousand', '2000'],
  ['four seven hash', '47#'],
  ['eins zwei drei', '123'],
  ['cinq six sept', '567'],
  ['I do not have it with me.', ''],
  ['', ''],
])('%j are the digits %j', (text, digits) => {
  expect(spokenDigits(text)).toBe(digits);
});

test.each([
  ['One moment, please.', ''],
  ['Oh, wait, I have to look.', ''],
  ['Can you say that one more time?', ''],
  ['Un momento, por favor.', ''],
  ['Einen Moment. Ein Moment noch.', ''],
  ['One second. It is four oh seven one.', '4071'],
  ['Oh seven double oh.', '0700'],
  ['Ask the constructor.', ''],
  ['Oh.', '0'],
  ['One', '1'],
])('what people say while they look for a number is none: %s', (text, digits) => {
  expect(spokenDigits(text)).toBe(digits);
});
