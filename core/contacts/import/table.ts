import { Readable } from 'node:stream';
import { CsvError, parse } from 'csv-parse';
import iconv from 'iconv-lite';
import type { Encoding } from '../../knowledge/extract/decode-text.ts';
import { listLimits } from './limits.ts';
import { RecordScanner } from './record-scanner.ts';

/** A file that cannot be read as a table, in words for whoever uploaded it. */
export class TableError extends Error {
  override readonly name = 'TableError';
}

export interface TableFormat {
  readonly encoding: Encoding;
  readonly delimiter: string;
}

/**
 * The rows of a CSV file as it streams by, the header among them. Quotes inside a cell that is not quoted are
 * characters; a blank line is a row of one empty cell. Throws TableError.
 */
export async function* readTable(
  source: AsyncIterable<Uint8Array>,
  format: TableFormat,
): AsyncGenerator<string[]> {
  for await (const rows of readRows(source, format)) yield* rows;
}

/** A first row that tells Excel with what cells are separated, `sep=;`: the header is the next one. */
export const isSeparatorRow = ([first = '', ...rest]: readonly string[]): boolean =>
  (/^sep=.$/i.test(first) || (/^sep=$/i.test(first) && rest.length > 0)) && rest.every((cell) => cell === '');

/** The same, as many rows at a time as there are in a piece of the source. */
export async function* readRows(
  source: AsyncIterable<Uint8Array>,
  { encoding, delimiter }: TableFormat,
): AsyncGenerator<string[][]> {
  const scanner = new RecordScanner(delimiter, listLimits.rowBytes / 3);
  const pieces = decoded(source, encoding);
  for (;;) {
    const { value: piece, done } = await pieces.next();
    if (done) break;
    const rows = scanner.push(piece);
    if (rows.length > 0) yield rows;
    if (scanner.stopped) break;
  }
  if (scanner.rest === '') return;
  async function* remaining() {
    yield scanner.rest;
    yield* pieces;
  }
  yield* parsed(remaining(), delimiter, scanner);
}

/**
 * Whatever the scanner leaves: the last line without an end, and all from the first record on that is written oddly.
 */
async function* parsed(
  source: AsyncIterable<string>,
  delimiter: string,
  { lines, rest }: Pick<RecordScanner, 'lines' | 'rest'>,
): AsyncGenerator<string[][]> {
  // A carriage return alone ends the lines of old Macs; elsewhere it is part of a cell.
  const isOfMac = lines === 0 && !rest.includes('\n');
  const parser = parse({
    delimiter,
    relax_quotes: true,
    relax_column_count: true,
    max_record_size: listLimits.rowBytes,
    record_delimiter: ['\r\n', '\n', ...(isOfMac ? ['\r'] : [])],
  });
  const input = Readable.from(source, { objectMode: true });
  // An error of the source ends the parser, and with it the loop below.
  input.once('error', (error) => parser.destroy(error));
  input.pipe(parser);
  try {
    for await (const row of parser as AsyncIterable<string[]>) yield [row];
  } catch (error) {
    throw error instanceof CsvError ? new TableError(wordsOf(error, lines)) : error;
  } finally {
    input.destroy();
  }
}

/** Without a byte order mark. */
async function* decoded(source: AsyncIterable<Uint8Array>, encoding: Encoding): AsyncGenerator<string> {
  const decoder = iconv.getDecoder(encoding, { stripBOM: true });
  for await (const bytes of source) {
    const text = decoder.write(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
    if (text !== '') yield text;
  }
  const rest = decoder.end();
  if (rest) yield rest;
}

/** `before`: lines that the parser has not seen. */
function wordsOf({ code, message }: CsvError, before: number): string {
  const line = /at line (\d+)|on line (\d+)/.exec(message);
  const where = line ? ` (line ${before + Number(line[1] ?? line[2])})` : '';
  if (code === 'CSV_QUOTE_NOT_CLOSED') return `A quoted cell is never closed${where}.`;
  if (code === 'CSV_MAX_RECORD_SIZE')
    return `A row is larger than 1 MB${where}; most likely a quoted cell is never closed.`;
  return `The file cannot be read as a table${where}.`;
}
