import type { Context } from '../context.ts';
import { byteOrderMark, csvRows } from '../csv.ts';
import { errorColumns } from './import/mapping.ts';
import { everyListError, getList } from './read-lists.ts';

/**
 * The rows of a list that failed, as CSV that can be mended and uploaded again: the list's own columns, then row number
 * and reason, which an import passes over. A cell that a spreadsheet would take for a formula gets an apostrophe in
 * front, which the import takes off.
 */
export async function* errorsCsv(ctx: Context, listId: string): AsyncGenerator<string> {
  const { columns } = await getList(ctx, { listId });
  yield `${byteOrderMark}${csvRows([[...columns, ...errorColumns]])}`;
  let rows: string[][] = [];
  for await (const { row, reason, cells } of everyListError(ctx, listId)) {
    const filled = columns.map((_, index) => cells[index] ?? '');
    rows.push([...filled, String(row), reason]);
    if (rows.length < 1_000) continue;
    yield csvRows(rows);
    rows = [];
  }
  if (rows.length > 0) yield csvRows(rows);
}
