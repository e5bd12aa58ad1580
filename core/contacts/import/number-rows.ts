import { encodingOf } from '../../knowledge/extract/decode-text.ts';
import { type Phone, type PhoneProblem, readPhone } from '../phone.ts';
import { readTable, TableError } from './table.ts';

interface NumberRow {
  /** 1 for the first line of the file. */
  readonly row: number;
  readonly phone: Phone | { readonly problem: PhoneProblem };
}

/**
 * The rows of a text with one number in each, in its first column, E.164 or as `country` (ISO 3166) writes them. A header
 * and blank rows are passed over. Throws TableError for what is no UTF-8 text.
 */
export async function* numberRows(
  source: AsyncIterable<Uint8Array>,
  country: string | null,
): AsyncGenerator<NumberRow> {
  let row = 0;
  for await (const [cell = ''] of readTable(asText(source), { encoding: 'utf-8', delimiter: ',' })) {
    row++;
    if (cell.trim() === '') continue;
    const phone = readPhone(cell, country);
    if ('problem' in phone && row === 1) continue;
    yield { row, phone };
  }
}

async function* asText(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let first = true;
  for await (const bytes of source) {
    if (first && encodingOf(bytes, { complete: false }) !== 'utf-8')
      throw new TableError('This is not a text of numbers.');
    first = false;
    yield bytes;
  }
}
