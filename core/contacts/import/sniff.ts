import iconv from 'iconv-lite';
import { type Encoding, encodingOf } from '../../knowledge/extract/decode-text.ts';
import { readPhone } from '../phone.ts';
import { listLimits } from './limits.ts';
import { isSeparatorRow, readTable, TableError, type TableFormat } from './table.ts';

export interface Sniffed extends TableFormat {
  readonly columns: readonly string[];
  /** The first rows after the header. */
  readonly rows: readonly (readonly string[])[];
}

/**
 * Encoding, delimiter and header of a table by the beginning of its file. Throws TableError when this is no table.
 *
 * @param isUtf8 whether all of the file is valid UTF-8; the beginning alone cannot tell
 */
export async function sniffTable(head: Uint8Array, complete: boolean, isUtf8: boolean): Promise<Sniffed> {
  if (head.length === 0) throw new TableError('The file is empty.');
  const encoding = encodingFor(head, complete, isUtf8);
  const delimiter = await delimiterOf(head, encoding);
  const found = await firstRows(head, complete, { encoding, delimiter });
  const [header, ...rows] = found[0] && isSeparatorRow(found[0]) ? found.slice(1) : found;
  if (!header || header.every((cell) => cell.trim() === ''))
    throw new TableError('The first row is empty; it must name the columns.');
  if (/^sep=/i.test(header[0] ?? ''))
    throw new TableError(
      'The first row is a word to Excel, sep=, with more or less than one character; take it out, so that the first one names the columns.',
    );
  if (header.length > listLimits.columns)
    throw new TableError(`The table has more than ${listLimits.columns} columns.`);
  if (header.some((cell) => looksLikePhone(cell)))
    throw new TableError('The first row holds a phone number; it must name the columns.');
  return { encoding, delimiter, columns: uniqueNames(header), rows };
}

function encodingFor(head: Uint8Array, complete: boolean, isUtf8: boolean): Encoding {
  if (head[0] === 0x50 && head[1] === 0x4b)
    throw new TableError('This is a ZIP or Excel file; save the table as CSV and upload that.');
  const encoding = encodingOf(head, { complete });
  if (encoding === null)
    throw new TableError('This is not a text file; save the table as CSV and upload that.');
  // Plain letters at the beginning, others later.
  return encoding === 'utf-8' && !isUtf8 ? 'windows-1252' : encoding;
}

/** How a text is written and what is between its cells, by its beginning; null: it is no text. */
export async function formatOf(head: Uint8Array): Promise<TableFormat | null> {
  const encoding = encodingOf(head, { complete: false });
  return encoding === null ? null : { encoding, delimiter: await delimiterOf(head, encoding) };
}

const delimiterOf = async (head: Uint8Array, encoding: Encoding): Promise<string> =>
  namedDelimiter(head, encoding) ?? (await likeliestDelimiter(head, encoding));

/** By Excel's own first line, `sep=;`, with or without quotes. */
function namedDelimiter(head: Uint8Array, encoding: Encoding): string | undefined {
  const text = iconv.decode(Buffer.from(head.subarray(0, 64)), encoding, { stripBOM: true });
  return /^(?:sep=([^"\r\n])|"sep=([^"\r\n])")(?:\r|\n)/i.exec(text)?.slice(1).find(Boolean);
}

const delimiters = [',', ';', '\t', '|'];

/** The one that cuts the header into most cells, counted by the reader itself, so that quotes do not mislead. */
async function likeliestDelimiter(head: Uint8Array, encoding: Encoding): Promise<string> {
  let [best, cells] = [',', 1];
  for (const delimiter of delimiters) {
    const [header = []] = await firstRows(head, false, { encoding, delimiter }, 1).catch(() => []);
    if (header.length > cells) [best, cells] = [delimiter, header.length];
  }
  return best;
}

/** What the beginning holds in whole rows. Its last row may be cut, so an error at its end is none. */
async function firstRows(
  head: Uint8Array,
  complete: boolean,
  format: TableFormat,
  count = listLimits.previewRows + 2,
): Promise<string[][]> {
  const rows: string[][] = [];
  const piece = 4_096;
  const pieces = async function* () {
    for (let at = 0; at < head.length; at += piece) yield head.subarray(at, at + piece);
  };
  try {
    for await (const row of readTable(pieces(), format)) {
      if (rows.length > 0 && row.every((cell) => cell === '')) continue;
      if (rows.push(row) >= count) break;
    }
  } catch (error) {
    if (complete || rows.length === 0) throw error;
  }
  return rows;
}

const looksLikePhone = (cell: string): boolean =>
  /^'?\+?[\d\s().-]{7,}$/.test(cell.trim()) && !('problem' in readPhone(cell.replace(/^'/, ''), 'US'));

/** Every column gets a name of its own: an empty one its place, a second one of the same name its number. */
function uniqueNames(header: readonly string[]): string[] {
  const taken = new Set<string>();
  return header.map((cell, index) => {
    const name = cell.replaceAll(/\s+/g, ' ').trim().slice(0, 90) || `column ${index + 1}`;
    let unique = name;
    for (let copy = 2; taken.has(unique); copy++) unique = `${name} ${copy}`;
    taken.add(unique);
    return unique;
  });
}
