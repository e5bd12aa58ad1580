import { fileURLToPath } from 'node:url';
import { drizzle } from 'drizzle-orm/node-postgres';
import { migrate } from 'drizzle-orm/node-postgres/migrator';
import { Client } from 'pg';

const migrationsFolder = fileURLToPath(new URL('migrations', import.meta.url));
/** Any number, as long as it is always the same: two processes that start together migrate one after the other. */
const migrationLock = 7_214_903_115;

/**
 * Brings the database to the schema of this checkout. Safe to run from several processes at once.
 * Throws an Error of one sentence about DATABASE_URL when the server cannot be used.
 */
export async function migrateDatabase(databaseUrl: string): Promise<void> {
  const client = await connect(databaseUrl);
  try {
    await client.query('select pg_advisory_lock($1)', [migrationLock]);
    await migrate(drizzle(client), { migrationsFolder });
  } catch (error) {
    throw new Error(`The migration of the database failed: ${rootMessage(error)}.`, { cause: error });
  } finally {
    // Ending the session gives the lock back.
    await client.end().catch(() => undefined);
  }
}

async function connect(databaseUrl: string): Promise<Client> {
  const target = describeTarget(databaseUrl);
  const client = new Client({
    connectionString: databaseUrl,
    connectionTimeoutMillis: 10_000,
    application_name: 'trunkline migrate',
  });
  // A connection that breaks later rejects the query in flight; without a listener it would end the process.
  client.on('error', () => undefined);
  try {
    await client.connect();
    return client;
  } catch (error) {
    // No cause: what the driver says may hold the whole URL, and this sentence is for the operator.
    throw new Error(connectionProblem(error, target));
  }
}

interface Target {
  readonly where: string;
  readonly user: string;
  readonly database: string;
}

function describeTarget(databaseUrl: string): Target {
  let url: URL;
  try {
    url = new URL(databaseUrl);
  } catch {
    throw new Error(
      'DATABASE_URL is not a URL; it looks like postgresql://user:password@host:5432/database.',
    );
  }
  if (url.protocol !== 'postgres:' && url.protocol !== 'postgresql:')
    throw new Error('DATABASE_URL must start with postgresql:// or postgres://.');
  return {
    where: `${url.hostname || 'localhost'}:${url.port || '5432'}`,
    user: decodeURIComponent(url.username),
    database: decodeURIComponent(url.pathname.slice(1)),
  };
}

/** One sentence for the operator; never the password. */
function connectionProblem(error: unknown, { where, user, database }: Target): string {
  const code = codeOf(error);
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN')
    return `DATABASE_URL names a host that cannot be found (${where}).`;
  if (code === 'ECONNREFUSED')
    return `DATABASE_URL points to ${where}, but no PostgreSQL answers there (connection refused).`;
  if (code === '28P01' || code === '28000')
    return `DATABASE_URL: PostgreSQL at ${where} refuses the user "${user}" with this password.`;
  if (code === '3D000') return `DATABASE_URL: PostgreSQL at ${where} has no database "${database}".`;
  return `DATABASE_URL: no connection to PostgreSQL at ${where} (${rootMessage(error)}).`;
}

/** Node wraps the errors of several addresses of one host into an AggregateError. */
function codeOf(error: unknown): string | undefined {
  if (error instanceof AggregateError && error.errors.length > 0) return codeOf(error.errors[0]);
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code;
  return undefined;
}

function rootMessage(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return rootMessage(error.errors[0]);
  if (error instanceof Error)
    return error.cause instanceof Error ? rootMessage(error.cause) : error.message.replace(/\.$/, '');
  return String(error);
}
