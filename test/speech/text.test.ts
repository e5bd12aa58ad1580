import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { tidyTranscript } from '../../speech/engines/recognizer.ts';
import { speakable } from '../../speech/text/speakable.ts';
import { splitClauses, splitSentences } from '../../speech/text/split-clauses.ts';

describe('clauses', () => {
  test('joined they are the text again, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 600 }), fc.boolean(), (text, eager) => {
        expect(splitClauses(text, { eager }).join('')).toBe(text);
      }),
    );
  });

  test('a long text without any break is cut all the same', () => {
    const clauses = splitClauses('a'.repeat(2_000));
    expect(Math.max(...clauses.map((clause) => clause.length))).toBeLessThanOrEqual(240);
  });

  test('the first clause is short and ends at a natural place', () => {
    expect(splitClauses('Hello, thank you for calling. How can I help?')[0]).toBe('Hello, ');
    const [first = ''] = splitClauses(
      'We are open Monday to Friday from nine in the morning to six in the evening.',
    );
    expect(first).toBe('We are open Monday to Friday ');
  });

  test('a sentence does not end at an abbreviation, a decimal or a time', () => {
    expect(splitSentences('Dr. Smith sees you at 3.30 p.m. today. Bye.')).toEqual([
      'Dr. Smith sees you at 3.30 p.m. today. ',
      'Bye.',
    ]);
  });
});

describe('what is spoken', () => {
  test.each([
    ['Call +1 415 555 0100.', 'Call plus one, four one five, five five five, zero one zero zero.'],
    ['It costs $50 or $1,250.50.', 'It costs 50 dollars or 1250 dollars and 50 cents.'],
    ['Write to info@harbor.example', 'Write to info at harbor dot example'],
    ['At 9:30 am, **please** 🙂', 'At 9 30 A M , please'],
    ['10% off & more', '10 percent off and more'],
    ['On 2026-03-05 at 12 Harbor Street', 'On 2026-03-05 at 12 Harbor Street'],
  ])('%s', (text, said) => {
    expect(speakable(text)).toBe(said);
  });
});

describe('what is understood', () => {
  test('a loop of the model is cut', () => {
    expect(tidyTranscript('$1.50 a cash. $1.50 a cash. $1.50 a cash. $1.50 a cash. $1.50 a cash.')).toBe(
      '$1.50 a cash. $1.50 a cash.',
    );
  });

  test('digits in a row are kept', () => {
    expect(tidyTranscript('five five five five five')).toBe('five five five five five');
  });

  test('punctuation alone is nothing', () => {
    expect(tidyTranscript(' ... ')).toBe('');
  });
});
