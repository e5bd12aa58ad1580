import { sql } from 'drizzle-orm';
import type { Db } from './gather-lists.ts';

const keyOf = (workspaceId: string) => sql`hashtextextended(${`do-not-call ${workspaceId}`}, 0)`;

/**
 * For whoever changes a do-not-call list of the workspace, from before the first row to the end of the transaction:
 * nobody is cleared for an INVITE meanwhile, so the ledger has list and dials in the order in which they took effect.
 */
export async function lockListsToChange(db: Db, workspaceId: string): Promise<void> {
  await db.execute(sql`select pg_advisory_xact_lock(${keyOf(workspaceId)})`);
}

/** For whoever clears INVITEs: many at once, none beside a change. */
export async function lockListsToDial(db: Db, workspaceId: string): Promise<void> {
  await db.execute(sql`select pg_advisory_xact_lock_shared(${keyOf(workspaceId)})`);
}
