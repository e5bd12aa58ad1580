import { execFile, spawn } from 'node:child_process';
import { createWriteStream, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { inheritedEnv } from '../../platform/config.ts';
import { CliError } from '../cli-error.ts';
import type { Output } from '../output.ts';
import { cacheFolder } from './binaries.ts';

const run = promisify(execFile);

/** Who asks for packages, and with which PATH and cache. */
export interface Installer {
  readonly env: Readonly<Record<string, string>>;
  readonly isRoot: boolean;
}

export const thisUser = (env: Installer['env'] = inheritedEnv()): Installer => ({
  env,
  isRoot: process.getuid?.() === 0,
});

/** The words that go before apt-get, or undefined when this user may not install packages. */
export async function aptPrefix(
  { env, isRoot }: Installer = thisUser(),
): Promise<readonly string[] | undefined> {
  if (!(await succeeds('apt-get', ['--version'], env))) return undefined;
  if (isRoot) return [];
  return (await succeeds('sudo', ['-n', 'true'], env)) ? ['sudo', '-n'] : undefined;
}

export const aptCommand = (packages: readonly string[], { isRoot }: Installer = thisUser()): string =>
  `${isRoot ? '' : 'sudo '}apt-get install -y ${packages.join(' ')}`;

let queue: Promise<unknown> = Promise.resolve();

/**
 * Installs Debian packages when this user may; one call at a time, because apt locks itself.
 * @throws CliError that holds the exact command when it may not or when it failed
 */
export function installSystemPackages(
  packages: readonly string[],
  output: Output,
  installer = thisUser(),
): Promise<void> {
  const work = queue.then(() => install(packages, output, installer));
  queue = work.catch(() => {});
  return work;
}

async function install(packages: readonly string[], output: Output, installer: Installer): Promise<void> {
  const prefix = await aptPrefix(installer);
  const command = aptCommand(packages, installer);
  if (!prefix) throw new CliError(`Install the system packages yourself: ${command}`);
  const logFile = join(cacheFolder(installer.env), 'apt.log');
  mkdirSync(cacheFolder(installer.env), { recursive: true });
  const apt = (args: readonly string[]) =>
    runLogged(
      [
        ...prefix,
        'env',
        'DEBIAN_FRONTEND=noninteractive',
        'apt-get',
        '-o',
        'DPkg::Lock::Timeout=120',
        ...args,
      ],
      { logFile, env: installer.env },
    );
  const installing = ['install', '-y', '--no-install-recommends', ...packages];
  await output.progress(`Installing ${packages.join(', ')} from the system's packages`, async () => {
    if (await apt(installing)) return;
    // The lists may be missing or old, as on a fresh machine; only then are they fetched.
    await apt(['update']);
    if (!(await apt(installing))) throw new CliError(`\`${command}\` failed; see ${logFile}.`);
  });
}

function runLogged(
  [command = '', ...args]: readonly string[],
  { logFile, env }: { readonly logFile: string; readonly env: Installer['env'] },
): Promise<boolean> {
  return new Promise((resolve) => {
    const log = createWriteStream(logFile, { flags: 'a' });
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], env });
    child.stdout.pipe(log, { end: false });
    child.stderr.pipe(log, { end: false });
    child.on('error', () => resolve(false));
    child.on('close', (code) => log.end(() => resolve(code === 0)));
  });
}

/** True when the program can be run and ends with 0. */
export async function succeeds(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = inheritedEnv(),
): Promise<boolean> {
  try {
    await run(command, args, { timeout: 10_000, env });
    return true;
  } catch {
    return false;
  }
}
