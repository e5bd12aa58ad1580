import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readTable } from './table.ts';

/** What a hand, a spreadsheet and a program may write, tidy or not. */
const signs = fc.constantFrom(
  ...['a', 'b', 'é', ' ', ',', ',', '"', '"', '""', '\n', '\r\n', '\n"', ',"', '",', '"\n'],
);
const cell = fc.constantFrom(
  'x',
  '',
  ' y ',
  '"q"',
  '"a,b"',
  '"say ""hi"""',
  '"two\nlines"',
  '"two\r\nlines"',
  '5\'10"',
);
const tidy = fc
  .tuple(fc.array(fc.array(cell, { minLength: 1, maxLength: 4 })), fc.constantFrom('\n', '\r\n'))
  .map(([rows, end]) => rows.map((cells) => `${cells.join(',')}${end}`).join(''));
const untidy = fc.array(signs, { maxLength: 30 }).map((all) => all.join(''));

async function rowsOf(text: string, size: number): Promise<string[][] | 'refused'> {
  const bytes = Buffer.from(text);
  async function* pieces() {
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
  }
  const rows: string[][] = [];
  try {
    for await (const row of readTable(pieces(), { encoding: 'utf-8', delimiter: ',' })) rows.push(row);
  } catch {
    return 'refused';
  }
  return rows;
}

function parsed(text: string): string[][] | 'refused' {
  try {
    return parse(text, {
      ...{ bom: true, relax_quotes: true, relax_column_count: true },
      record_delimiter: ['\r\n', '\n'],
    });
  } catch {
    return 'refused';
  }
}

test('a table is read as csv-parse reads it, however it is written and wherever its pieces end', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(
        tidy,
        untidy,
        fc.tuple(tidy, untidy).map((both) => both.join('')),
      ),
      fc.integer({ min: 1, max: 40 }),
      async (text, size) => {
        expect(await rowsOf(text, size)).toEqual(parsed(text));
      },
    ),
    { numRuns: 2_000 },
  );
});

test('a byte order mark is no part of the first cell', async () => {
  expect(await rowsOf('\ufeffphone,name\n1,2\n', 2)).toEqual([
    ['phone', 'name'],
    ['1', '2'],
  ]);
});

test('lines may end in one way and the other, and as on old Macs', async () => {
  const rows = [
    ['phone', 'name'],
    ['1', 'Ada'],
    ['2', 'Bob'],
    ['3', ''],
  ];
  for (const size of [1, 3, 100]) {
    expect(await rowsOf('phone,name\r\n1,Ada\n2,Bob\n3,\r\n', size)).toEqual(rows);
    expect(await rowsOf('phone,name\n1,"Ada"\r\n2,Bob\r\n3,', size)).toEqual(rows);
    expect(await rowsOf('phone,name\r1,Ada\r2,Bob\r3,\r', size)).toEqual(rows);
  }
  // A return within a cell of a file whose lines end otherwise is part of it.
  expect(await rowsOf('phone,name\n1,A\rB\n', 3)).toEqual([
    ['phone', 'name'],
    ['1', 'A\rB'],
  ]);
});
