import { drizzle, type NodePgDatabase } from 'drizzle-orm/node-postgres';
import { Pool } from 'pg';
import * as schema from './schema/index.ts';

/** `$client` is the pool beneath, for what drizzle has no words for (COPY). */
export type Database = NodePgDatabase<typeof schema> & { readonly $client: Pool };
export type Transaction = Parameters<Parameters<Database['transaction']>[0]>[0];

export interface DatabaseHandle {
  readonly db: Database;
  readonly pool: Pool;
  close(): Promise<void>;
}

/** A pool with the product's schema on it. Idle connections that break do not end the process. */
export function openDatabase(
  url: string,
  { max = 10, onError }: { max?: number; onError?: (error: Error) => void } = {},
): DatabaseHandle {
  const pool = new Pool({
    connectionString: url,
    max,
    connectionTimeoutMillis: 10_000,
    application_name: 'trunkline',
  });
  pool.on('error', (error) => onError?.(error));
  return { db: drizzle(pool, { schema }), pool, close: () => pool.end() };
}
