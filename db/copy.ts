import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { drizzle } from 'drizzle-orm/node-postgres';
import type { PoolClient } from 'pg';
import { from } from 'pg-copy-streams';
import type { Database } from './client.ts';
import * as schema from './schema/index.ts';

/** A transaction on one connection, for drizzle's queries and COPY side by side. */
export interface CopyTransaction {
  readonly tx: Database;
  /** Rows of copyLine, or bytes of many of them. `columns`: their names in SQL. */
  copy(table: string, columns: readonly string[], lines: readonly (string | Uint8Array)[]): Promise<void>;
}

/** Runs `work` in a transaction whose connection takes COPY. */
export async function copyTransaction<T>(
  db: Database,
  work: (transaction: CopyTransaction) => Promise<T>,
): Promise<T> {
  const client = await db.$client.connect();
  let broken: Error | undefined;
  try {
    await client.query('begin');
    const result = await work({
      // Its queries run on this connection; whatever is written for a Database or Transaction takes it.
      tx: drizzle(client, { schema }) as unknown as Database,
      copy: (table, columns, lines) => copyInto(client, table, columns, lines),
    });
    await client.query('commit');
    return result;
  } catch (error) {
    broken = error instanceof Error ? error : new Error(String(error));
    await client.query('rollback').then(
      () => {
        broken = undefined;
      },
      () => undefined,
    );
    throw error;
  } finally {
    client.release(broken);
  }
}

/** Lines that are handed to the connection as one piece. */
const linesAtOnce = 500;

async function copyInto(
  client: PoolClient,
  table: string,
  columns: readonly string[],
  lines: readonly (string | Uint8Array)[],
): Promise<void> {
  if (lines.length === 0) return;
  await pipeline(
    Readable.from(piecesOf(lines)),
    client.query(from(`copy ${table} (${columns.join(', ')}) from stdin`)),
  );
}

function* piecesOf(lines: readonly (string | Uint8Array)[]): Generator<string | Uint8Array> {
  let held: string[] = [];
  for (const line of lines) {
    if (typeof line !== 'string') yield line;
    else if (held.push(line) === linesAtOnce) {
      yield held.join('');
      held = [];
    }
  }
  if (held.length > 0) yield held.join('');
}

/** One row in COPY's text format; null is NULL. Values must not hold \0. */
export function copyLine(values: readonly (string | number | null)[]): string {
  let line = '';
  for (const value of values) {
    if (line !== '') line += '\t';
    line += value === null ? '\\N' : typeof value === 'number' ? value : escaped(value);
  }
  return `${line}\n`;
}

const special = /[\\\t\n\r]/;
const escapes: Readonly<Record<string, string>> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' };
const escaped = (text: string): string =>
  special.test(text) ? text.replaceAll(/[\\\t\n\r]/g, (sign) => escapes[sign] ?? sign) : text;

/** A text[] value. */
export const copyArray = (items: readonly string[]): string =>
  `{${items.map((item) => `"${item.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`).join(',')}}`;
