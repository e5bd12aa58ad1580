import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Block } from './blocks.ts';
import { chunk } from './chunk.ts';
import { readCsv } from './csv.ts';
import { decodeText } from './decode-text.ts';
import { readHtml } from './html.ts';
import { readMarkdown } from './markdown.ts';
import { readPlainText } from './plain-text.ts';

const show = (blocks: readonly Block[]) =>
  blocks.map((block) => (block.kind === 'heading' ? `${'#'.repeat(block.level)} ${block.text}` : block.text));

describe('passages', () => {
  const sentence = (number: number) =>
    `Sentence number ${number} says something about the harbour and its boats.`;
  const long = Array.from({ length: 60 }, (_, number) => sentence(number)).join(' ');

  test('of a long text are of readable size, lose nothing and overlap by a sentence', () => {
    const passages = chunk([{ kind: 'text', text: long }]);
    for (const { text } of passages) expect(text.length).toBeLessThanOrEqual(1_250);
    for (const { text } of passages.slice(0, -1)) expect(text.length).toBeGreaterThan(600);
    for (let number = 0; number < 60; number++)
      expect(passages.some(({ text }) => text.includes(sentence(number)))).toBe(true);
    for (const [index, { text }] of passages.slice(1).entries())
      expect(passages[index]?.text.endsWith(text.slice(0, text.indexOf('.') + 1))).toBe(true);
  });

  test('never cross a heading, and carry those above them; a heading alone speaks for itself', () => {
    const blocks = readMarkdown('# A\none\n## B\ntwo\n### C\nthree\n## D\n# E\nfour');
    expect(chunk(blocks).map(({ heading, text }) => [heading, text])).toEqual([
      ['A', 'one'],
      ['A › B', 'two'],
      ['A › B › C', 'three'],
      ['A › D', 'D'],
      ['E', 'four'],
    ]);
  });

  test('keep short paragraphs together, rows apart, and pages right', () => {
    const text = (words: string, page?: number): Block => ({
      kind: 'text',
      text: words,
      ...(page ? { page } : {}),
    });
    expect(chunk([text('One.'), text('Two.')])).toMatchObject([{ text: 'One. Two.' }]);
    expect(
      chunk([
        { kind: 'row', text: 'a: 1' },
        { kind: 'row', text: 'a: 2' },
      ]),
    ).toHaveLength(2);
    expect(chunk([text('It ends.', 1), text('It begins', 2), text('and goes on.', 3)])).toEqual([
      { heading: '', text: 'It ends.', page: 1 },
      { heading: '', text: 'It begins and goes on.', page: 2 },
    ]);
  });

  test('are bounded for any text, and whole words of it are all there', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme', maxLength: 3_000 }), { maxLength: 5 }), (texts) => {
        const blocks = texts.flatMap(readPlainText);
        const passages = chunk(blocks);
        for (const { text } of passages) {
          expect(text.length).toBeLessThanOrEqual(1_250);
          expect(text).not.toMatch(/\0|\p{Cs}/u);
        }
        const all = passages.map(({ text }) => text.replaceAll(' ', '')).join('');
        for (const block of blocks.filter(({ text }) => text.length < 1_000))
          expect(all).toContain(block.text.replaceAll(' ', ''));
      }),
      { numRuns: 50 },
    );
  });
});

describe('HTML', () => {
  test('is read as it would be seen', () => {
    const page =
      '<!-- a > b --><h1 title="1 > 0">Rooms &amp; <b>Prices</b></h1><p>From<br>80&nbsp;&euro;, i<i>tali</i>c &#x41;&#66;</p><ul><li>one<li>two</ul><script>if (a < b) "</p>"</script><style>x</style><p>5 < 6 &unknown;';
    expect(show(readHtml(page))).toEqual([
      '# Rooms & Prices',
      'From',
      '80 €, italic AB',
      'one',
      'two',
      '5 < 6 &unknown;',
    ]);
  });

  test.each([
    ['<'.repeat(500_000)],
    ['<a '.repeat(200_000)],
    ['<!--'.repeat(200_000)],
    ['<script>'.repeat(100_000)],
    ['<p a="'.repeat(100_000)],
    [`<script>${'</'.repeat(300_000)}`],
    ['&'.repeat(500_000)],
    ['['.repeat(200_000)],
    ['*'.repeat(200_000)],
    ['`a'.repeat(100_000)],
    [`${'> '.repeat(100_000)}x`],
    ['- '.repeat(100_000)],
  ])(
    'is read in time however it is broken (%#)',
    (html) => {
      expect(() => readHtml(html)).not.toThrow();
      expect(() => readMarkdown(html)).not.toThrow();
      expect(() => readPlainText(html)).not.toThrow();
      expect(() => readCsv(html)).not.toThrow();
    },
    10_000,
  );
});

test('Markdown loses its marks and keeps its words', () => {
  const text = `---
title: x
---
Title
=====
Some **bold**, _soft_ and \`code\` with a [link](https://example.com "t") and ![image](a.png).
<!-- hidden -->

* item *one*
1. item two

| Room | Price |
|------|------:|
| Single | 80 |

\`\`\`sh
# not a heading
\`\`\`
> quoted snake_case_word 2*3*4`;
  expect(show(readMarkdown(text))).toEqual([
    '# Title',
    'Some bold, _soft_ and code with a link and image.',
    'item one',
    'item two',
    'Room | Price',
    'Single | 80',
    '# not a heading',
    'quoted snake_case_word 2*3*4',
  ]);
});

test('tables of every dialect become "header: value"', () => {
  expect(show(readCsv('name,price\n"Suite ""Sea"", large","1,200"\n\nSingle,80\n'))).toEqual([
    'name: Suite "Sea", large; price: 1,200',
    'name: Single; price: 80',
  ]);
  expect(show(readCsv('a;b\n1,5;2\n'))).toEqual(['a: 1,5; b: 2']);
  expect(show(readCsv('a\tb\n"two\nlines"\t2'))).toEqual(['a: two lines; b: 2']);
  expect(show(readCsv('a,,c\n1,2,,4'))).toEqual(['a: 1; column 2: 2; column 4: 4']);
  expect(show(readCsv('only a header'))).toEqual(['only a header']);
});

test('text is read in the encoding it is in', () => {
  const word = 'Grüße, 5 €';
  const swapped = Buffer.from(word, 'utf16le').swap16();
  for (const bytes of [
    Buffer.from(word),
    Buffer.from(`\uFEFF${word}`),
    Buffer.from(`\uFEFF${word}`, 'utf16le'),
    Buffer.from(word, 'utf16le'),
    swapped,
    Buffer.concat([Buffer.from([0xfe, 0xff]), swapped]),
    Buffer.from([0x47, 0x72, 0xfc, 0xdf, 0x65, 0x2c, 0x20, 0x35, 0x20, 0x80]),
  ])
    expect(decodeText(bytes)).toBe(word);
  expect(decodeText(Buffer.from([0, 1, 2, 3]))).toBeNull();
});
