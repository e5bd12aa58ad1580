import { execFileSync } from 'node:child_process';
import { accessSync, constants, readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { CliError } from '../cli-error.ts';

/** How to start a PostgreSQL program: as ourselves, or, when we are root (which it refuses), as user postgres. */
export interface PostgresUser {
  readonly uid?: number;
  readonly gid?: number;
  /** Words to put before the command. */
  readonly prefix: readonly string[];
}

const dacReadSearch = 1n << 2n;

/**
 * @param paths folders the user must be able to reach (the cluster, the programs)
 * @throws CliError when running as root and user postgres can neither reach the paths nor be helped to
 */
export function postgresUser(paths: readonly string[]): PostgresUser {
  if (process.getuid?.() !== 0) return { prefix: [] };
  const ids = findUser() ?? createUser();
  const closed = paths.map((path) => closedParent(path, ids)).find((path) => path !== undefined);
  if (closed === undefined) return { ...ids, prefix: [] };
  if (!mayLendCapability())
    throw new CliError(
      `PostgreSQL does not run as root, and its own user cannot pass through ${closed}: start Trunkline as an ordinary user, move the checkout and --data to a place everybody may enter, or set DATABASE_URL.`,
    );
  // A root's home is closed to everybody. The right to pass closed folders is lent to this one process tree;
  // no_setuid_fixup because PostgreSQL asks with access(2), which otherwise forgets the lent right.
  return {
    prefix: [
      'setpriv',
      `--reuid=${ids.uid}`,
      `--regid=${ids.gid}`,
      '--clear-groups',
      '--inh-caps=+dac_read_search',
      '--ambient-caps=+dac_read_search',
      '--securebits=+no_setuid_fixup',
    ],
  };
}

/** The uid and gid the cluster's folder has to belong to, when that is not us. */
export function postgresOwner(): { uid: number; gid: number } | undefined {
  return process.getuid?.() === 0 ? (findUser() ?? createUser()) : undefined;
}

function findUser(): { uid: number; gid: number } | undefined {
  const entry = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((line) => line.startsWith('postgres:'))
    ?.split(':');
  return entry?.[2] && entry[3] ? { uid: Number(entry[2]), gid: Number(entry[3]) } : undefined;
}

function createUser(): { uid: number; gid: number } {
  try {
    execFileSync(
      'useradd',
      ['--system', '--user-group', '--no-create-home', '--shell', '/usr/sbin/nologin', 'postgres'],
      {
        stdio: 'pipe',
      },
    );
  } catch {
    // Reported below.
  }
  const ids = findUser();
  if (!ids)
    throw new CliError(
      'PostgreSQL does not run as root and a user postgres could not be made: run `useradd --system postgres`, start Trunkline as an ordinary user, or set DATABASE_URL.',
    );
  return ids;
}

/** The first folder on the way to `path` that this user may not enter. */
function closedParent(path: string, { uid, gid }: { uid: number; gid: number }): string | undefined {
  const parents: string[] = [];
  for (let folder = path; folder !== dirname(folder); folder = dirname(folder))
    parents.unshift(dirname(folder));
  return parents.find((folder) => {
    const stat = statSync(folder);
    const bit = stat.uid === uid ? 0o100 : stat.gid === gid ? 0o010 : 0o001;
    return (stat.mode & bit) === 0;
  });
}

function mayLendCapability(): boolean {
  try {
    const status = readFileSync('/proc/self/status', 'utf8');
    const bounding = BigInt(`0x${/^CapBnd:\s*([0-9a-f]+)/m.exec(status)?.[1] ?? '0'}`);
    accessSync('/usr/bin/setpriv', constants.X_OK);
    return (bounding & dacReadSearch) !== 0n;
  } catch {
    return false;
  }
}
