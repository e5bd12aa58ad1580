import { type SQL, sql } from 'drizzle-orm';
import type { PgColumn, PgTable } from 'drizzle-orm/pg-core';
import type { OperationContext } from './context.ts';

/** Rows in one transaction. */
const atOnce = 1_000;

/**
 * Removes the oldest of what was written more than `keepMs` ago, a bounded number. Returns how many; call again until
 * 0.
 */
export async function removeOlder(
  db: OperationContext['db'],
  table: PgTable & { readonly id: PgColumn; readonly createdAt: PgColumn },
  keepMs: number,
): Promise<number> {
  const before = new Date(Date.now() - keepMs).toISOString();
  const due: SQL = sql`select ${table.id} from ${table} where ${table.createdAt} < ${before}
    order by ${table.createdAt} limit ${atOnce} for update skip locked`;
  return (await db.delete(table).where(sql`${table.id} in (${due})`)).rowCount ?? 0;
}
