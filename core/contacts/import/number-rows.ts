import { type Phone, type PhoneProblem, readPhone } from '../phone.ts';
import { formatOf } from './sniff.ts';
import { isSeparatorRow, readTable, TableError } from './table.ts';

interface NumberRow {
  /** 1 for the first line of the file. */
  readonly row: number;
  readonly phone: Phone | { readonly problem: PhoneProblem };
}

/**
 * The rows of a text with one number in each, in its first column, E.164 or as `country` (ISO 3166) writes them, or in
 * the first two, `202,5551234`, as the registry of the US gives them out. A header and blank rows are passed over.
 * Throws TableError for what is no text.
 */
export async function* numberRows(
  source: AsyncIterable<Uint8Array>,
  country: string | null,
): AsyncGenerator<NumberRow> {
  let row = 0;
  let header = 1;
  for await (const [first = '', second = ''] of rowsOf(source)) {
    if (++row === 1 && isSeparatorRow([first, second])) {
      header = 2;
      continue;
    }
    const cell = isAreaCode(first) && isLocal(second) ? first.trim() + second.trim() : first;
    if (cell.trim() === '') continue;
    const phone = readPhone(cell, country);
    if ('problem' in phone && row === header && isHeader(cell)) continue;
    yield { row, phone };
  }
}

const isAreaCode = (cell: string): boolean => /^\s*\d{3}\s*$/.test(cell);
const isLocal = (cell: string): boolean => /^\s*\d{7}\s*$/.test(cell);

/** A number that was mistyped is no header: whoever has it must hear of it. */
const isHeader = (cell: string): boolean => cell.replaceAll(/\D/g, '').length < 7;

/** The rows in whatever encoding, and between whatever cells, the beginning of the file shows. */
async function* rowsOf(source: AsyncIterable<Uint8Array>): AsyncGenerator<string[]> {
  const pieces = source[Symbol.asyncIterator]();
  const first = await pieces.next();
  if (first.done) return;
  const format = await formatOf(first.value);
  if (format === null)
    throw new TableError('This is not a text of numbers; save the table as CSV and upload that.');
  const all = async function* () {
    yield first.value;
    yield* { [Symbol.asyncIterator]: () => pieces };
  };
  yield* readTable(all(), format);
}
