import { fileURLToPath } from 'node:url';
import { readMigrationFiles } from 'drizzle-orm/migrator';
import { drizzle } from 'drizzle-orm/node-postgres';
import { migrate } from 'drizzle-orm/node-postgres/migrator';
import { Client } from 'pg';

const migrationsFolder = fileURLToPath(new URL('migrations', import.meta.url));
/** Any number, as long as it is always the same: two processes that start together migrate one after the other. */
const migrationLock = 7_214_903_115;

/** The database has been brought further than this checkout goes; the message is a sentence for the operator. */
class NewerDatabaseError extends Error {}

/**
 * Brings the database to the schema of this checkout. Safe to run from several processes at once.
 * Throws an Error of one sentence about DATABASE_URL when the server cannot be used, and of one that says what to do
 * when a newer version has migrated the database: what it changed, this one would misread.
 */
export async function migrateDatabase(databaseUrl: string): Promise<void> {
  const client = await connect(databaseUrl);
  try {
    await client.query('select pg_advisory_lock($1)', [migrationLock]);
    await refuseNewer(client);
    await migrate(drizzle(client), { migrationsFolder });
  } catch (error) {
    if (error instanceof NewerDatabaseError) throw error;
    throw new Error(`The migration of the database failed: ${rootMessage(error)}.`, { cause: error });
  } finally {
    // Ending the session gives the lock back.
    await client.end().catch(() => undefined);
  }
}

async function refuseNewer(client: Client): Promise<void> {
  const known = readMigrationFiles({ migrationsFolder }).map(({ folderMillis }) => folderMillis);
  const { rows: tables } = await client.query(
    `select 1 where to_regclass('drizzle.__drizzle_migrations') is not null`,
  );
  if (tables.length === 0) return;
  const { rows } = await client.query<{ unknown: number }>(
    'select count(*)::int as unknown from drizzle.__drizzle_migrations where created_at > $1',
    [Math.max(0, ...known)],
  );
  const unknown = rows[0]?.unknown ?? 0;
  if (unknown > 0)
    throw new NewerDatabaseError(
      `The database is of a newer version of Trunkline (${unknown} ${unknown === 1 ? 'migration' : 'migrations'} that this one does not know): start that version or a later one, or restore a backup from before its update.`,
    );
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
