import { drizzle, type NodePgDatabase } from 'drizzle-orm/node-postgres';
import { Pool, type PoolClient } from 'pg';
import * as schema from './schema/index.ts';

/** `$client` is the pool beneath, for what drizzle has no words for (COPY). */
export type Database = NodePgDatabase<typeof schema> & { readonly $client: Pool };
export type Transaction = Parameters<Parameters<Database['transaction']>[0]>[0];

export interface DatabaseHandle {
  readonly db: Database;
  readonly pool: Pool;
  close(): Promise<void>;
}

/** A pool with the product's schema on it. Connections that break do not end the process, nor stay counted. */
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
  pool.on('acquire', (client) => client.on('error', giveBack));
  pool.on('release', (_error, client) => client.off('error', giveBack));
  return { db: drizzle(pool, { schema }), pool, close: () => pool.end() };
}

/**
 * A connection that breaks while somebody has it goes back at once. Nobody else listens for that, which would end the
 * process; and drizzle gives back none whose `begin` has failed. Whoever has it is told by the statement in hand, or by
 * the next one.
 */
function giveBack(this: PoolClient, error: Error): void {
  const { release } = this;
  this.release = () => undefined;
  release(error);
}
