import { type SQL, sql } from 'drizzle-orm';
import type { PgColumn } from 'drizzle-orm/pg-core';

/**
 * `column in (…)` with one parameter, however many values there are: PostgreSQL plans one statement, and it need not be
 * built anew for each length of the list. Nothing is in an empty one.
 */
export const anyOf = (column: PgColumn, values: readonly string[]): SQL =>
  sql`${column} = any(${sql.param(values)})`;
