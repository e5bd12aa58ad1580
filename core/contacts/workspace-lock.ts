import { sql } from 'drizzle-orm';
import type { Database, Transaction } from '../../db/client.ts';

/** Until the end of the transaction nobody else of the workspace adds contacts that must not be there twice. */
export const lockWorkspace = (db: Database | Transaction, workspaceId: string) =>
  db.execute(sql`select pg_advisory_xact_lock(hashtextextended(${`contacts ${workspaceId}`}, 0))`);
