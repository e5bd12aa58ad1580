import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CliError } from './cli-error.ts';
import { postgresUrl } from './embedded/postgres.ts';
import { type Flags, readWishes } from './environment.ts';
import { runningPid } from './instance.ts';
import { loadSecrets } from './secrets.ts';

/** DATABASE_URL, or the database of the Trunkline that runs on the data folder. */
export function runningDatabaseUrl(flags: Flags): string {
  const { env, dataDir } = readWishes(flags);
  if (env.DATABASE_URL !== undefined) return env.DATABASE_URL;
  if (runningPid(dataDir) === undefined)
    throw new CliError(`No Trunkline runs on ${dataDir}: start it, or set DATABASE_URL or --data.`);
  const port = Number(readFileSync(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8').split('\n')[3]);
  return postgresUrl({ port, password: loadSecrets(dataDir).postgresPassword });
}
