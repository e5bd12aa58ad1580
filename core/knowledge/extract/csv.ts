import { type Block, oneLine, UnreadableFileError } from './blocks.ts';

/** Each row as "header: value; header: value", so that it can be understood by itself. */
export function readCsv(text: string): Block[] {
  const rows = parseCsv(text, delimiterOf(text)).filter((row) => row.some((cell) => cell.trim() !== ''));
  const [header = [], ...records] = rows;
  const names = header.map((cell, index) => oneLine(cell) || `column ${index + 1}`);
  // A table of one row has no header worth the name.
  if (records.length === 0) return [{ kind: 'row', text: names.join('; ') }];
  return records.map((cells) => ({
    kind: 'row',
    text: cells
      .map((cell, index) => [names[index] ?? `column ${index + 1}`, oneLine(cell)] as const)
      .filter(([, value]) => value !== '')
      .map(([name, value]) => `${name}: ${value}`)
      .join('; '),
  }));
}

/** The separator that the first line has most of, outside quotes. */
function delimiterOf(text: string): string {
  const [first = ''] = /^(?:"(?:[^"]|"")*"|[^"\n])*/.exec(text.slice(0, 20_000)) ?? [];
  const bare = first.replaceAll(/"(?:[^"]|"")*"/g, '');
  const counts = [',', ';', '\t', '|'].map((sign) => [sign, bare.split(sign).length] as const);
  return counts.reduce((best, one) => (one[1] > best[1] ? one : best))[0];
}

/** RFC 4180, and forgiving: quotes in the middle of a cell are characters. */
function parseCsv(text: string, delimiter: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  for (let at = 0; at <= text.length; ) {
    let cell: string;
    if (text[at] === '"') {
      const parts: string[] = [];
      let from = at + 1;
      for (;;) {
        const quote = text.indexOf('"', from);
        if (quote < 0) throw new UnreadableFileError('A quoted cell of the table is never closed.');
        parts.push(text.slice(from, quote));
        from = quote + 1;
        if (text[from] !== '"') break;
        parts.push('"');
        from++;
      }
      const end = endOfCell(text, from, delimiter);
      cell = parts.join('') + text.slice(from, end);
      at = end;
    } else {
      const end = endOfCell(text, at, delimiter);
      cell = text.slice(at, end);
      at = end;
    }
    row.push(cell);
    if (text[at] === delimiter) {
      at++;
      continue;
    }
    rows.push(row);
    row = [];
    at++;
  }
  return rows;
}

function endOfCell(text: string, from: number, delimiter: string): number {
  for (let at = from; at < text.length; at++) {
    const character = text[at];
    if (character === delimiter || character === '\n') return at;
  }
  return text.length;
}
