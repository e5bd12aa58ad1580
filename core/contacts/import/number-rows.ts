import { encodingOf } from '../../knowledge/extract/decode-text.ts';
import { type Phone, type PhoneProblem, readPhone } from '../phone.ts';
import { isSeparatorRow, readTable, TableError } from './table.ts';

interface NumberRow {
  /** 1 for the first line of the file. */
  readonly row: number;
  readonly phone: Phone | { readonly problem: PhoneProblem };
}

/**
 * The rows of a text with one number in each, in its first column, E.164 or as `country` (ISO 3166) writes them, or in
 * the first two, `202,5551234`, as the registry of the US gives them out. A header and blank rows are passed over.
 * Throws TableError for what is no UTF-8 text.
 */
export async function* numberRows(
  source: AsyncIterable<Uint8Array>,
  country: string | null,
): AsyncGenerator<NumberRow> {
  let row = 0;
  let header = 1;
  for await (const [first = '', second = ''] of readTable(asText(source), {
    ...{ encoding: 'utf-8', delimiter: ',' },
  })) {
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

async function* asText(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let first = true;
  for await (const bytes of source) {
    if (first && encodingOf(bytes, { complete: false }) !== 'utf-8')
      throw new TableError('This is not a text of numbers in UTF-8; save it as CSV (UTF-8) and upload that.');
    first = false;
    yield bytes;
  }
}
