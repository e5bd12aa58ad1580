import { getTableColumns, type InferInsertModel, type InferSelectModel, type SQL, sql } from 'drizzle-orm';
import type { PgColumn, PgTable } from 'drizzle-orm/pg-core';
import type { Database, Transaction } from './client.ts';
import { copyArray } from './copy.ts';

/**
 * Hundreds of rows in one statement with a parameter for each column: what all rows have in common is sent once, the
 * rest as one array. With a parameter for each cell, writing and reading the statement takes longer than the insert;
 * as JSON, the server makes each row with all columns of the table. All rows have the columns of the first; the others
 * get their defaults.
 */
export async function insertMany<T extends PgTable>(
  db: Pick<Database | Transaction, 'execute'>,
  table: T,
  rows: readonly InferInsertModel<T>[],
): Promise<void> {
  const [first] = rows;
  if (first !== undefined) await db.execute(insertOf(table, first, rows));
}

/**
 * The same, and rows that are there already are left alone. Returns the columns of those that were not, mapped as a
 * select maps them.
 */
export async function insertNew<T extends PgTable, K extends keyof InferSelectModel<T> & string>(
  db: Pick<Database | Transaction, 'execute'>,
  table: T,
  rows: readonly InferInsertModel<T>[],
  returned: readonly K[],
): Promise<Pick<InferSelectModel<T>, K>[]> {
  const [first] = rows;
  if (first === undefined) return [];
  const columns = Object.entries(getTableColumns(table)).filter(([key]) => returned.includes(key as K));
  const named = columns.map(([key, { name }]) => sql`${sql.identifier(name)} as ${sql.identifier(key)}`);
  const { rows: added } = await db.execute(
    sql`${insertOf(table, first, rows)} on conflict do nothing returning ${list(named)}`,
  );
  return added.map(
    (row) =>
      Object.fromEntries(
        columns.map(([key, column]) => {
          const value = row[key];
          return [key, value === null ? null : column.mapFromDriverValue(value)];
        }),
      ) as Pick<InferSelectModel<T>, K>,
  );
}

function insertOf<T extends PgTable>(
  table: T,
  first: InferInsertModel<T>,
  rows: readonly InferInsertModel<T>[],
): SQL {
  const columns = Object.entries(getTableColumns(table)).filter(([key]) => Object.hasOwn(first, key));
  const values: SQL[] = [];
  const arrays: SQL[] = [];
  const varying: SQL[] = [];
  for (const [key, column] of columns) {
    const texts = rows.map((row) => textOf(Reflect.get(row, key), column));
    const name = sql.identifier(column.name);
    const type = sql.raw(column.getSQLType());
    const [common] = texts;
    if (texts.every((text) => text === common)) values.push(sql`${common}::${type}`);
    else {
      values.push(sql`given.${name}::${type}`);
      varying.push(sql`${name}`);
      arrays.push(sql`${sql.param(texts)}::text[]`);
    }
  }
  const names = columns.map(([, { name }]) => sql.identifier(name));
  const given =
    arrays.length > 0
      ? sql`unnest(${list(arrays)}) as given(${list(varying)})`
      : sql`generate_series(1, ${rows.length}::int)`;
  return sql`insert into ${table} (${list(names)}) select ${list(values)} from ${given}`;
}

const list = (parts: readonly Parameters<typeof sql.join>[0][number][]): SQL => sql.join([...parts], sql`, `);

/** As PostgreSQL reads a value of the column. */
function textOf(value: unknown, { dataType }: PgColumn): string | null {
  if (value === null || value === undefined) return null;
  if (value instanceof Date) return value.toISOString();
  if (dataType === 'json') return JSON.stringify(value);
  return Array.isArray(value) ? copyArray(value) : String(value);
}
