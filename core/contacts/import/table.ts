import { Readable } from 'node:stream';
import { CsvError, parse } from 'csv-parse';
import iconv from 'iconv-lite';
import type { Encoding } from '../../knowledge/extract/decode-text.ts';
import { listLimits } from './limits.ts';

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
  { encoding, delimiter }: TableFormat,
): AsyncGenerator<string[]> {
  const parser = parse({
    delimiter,
    bom: true,
    relax_quotes: true,
    relax_column_count: true,
    max_record_size: listLimits.rowBytes,
  });
  const input = Readable.from(decoded(source, encoding), { objectMode: true });
  // An error of the source ends the parser, and with it the loop below.
  input.once('error', (error) => parser.destroy(error));
  input.pipe(parser);
  try {
    for await (const row of parser as AsyncIterable<string[]>) yield row;
  } catch (error) {
    throw error instanceof CsvError ? new TableError(wordsOf(error)) : error;
  } finally {
    input.destroy();
  }
}

/** csv-parse reads UTF-8 by itself, and quickest from bytes. */
async function* decoded(
  source: AsyncIterable<Uint8Array>,
  encoding: Encoding,
): AsyncGenerator<Uint8Array | string> {
  if (encoding === 'utf-8') return yield* source;
  const decoder = iconv.getDecoder(encoding);
  for await (const bytes of source) {
    const text = decoder.write(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
    if (text !== '') yield text;
  }
  const rest = decoder.end();
  if (rest) yield rest;
}

function wordsOf({ code, message }: CsvError): string {
  const line = /at line (\d+)|on line (\d+)/.exec(message);
  const where = line ? ` (line ${line[1] ?? line[2]})` : '';
  if (code === 'CSV_QUOTE_NOT_CLOSED') return `A quoted cell is never closed${where}.`;
  if (code === 'CSV_MAX_RECORD_SIZE')
    return `A row is larger than 1 MB${where}; most likely a quoted cell is never closed.`;
  return `The file cannot be read as a table${where}.`;
}
