import { execFile } from 'node:child_process';
import { accessSync, constants, mkdirSync, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { inheritedEnv } from '../../platform/config.ts';
import { CliError, sentenceOf } from '../cli-error.ts';
import { withFileLock } from '../file-lock.mjs';
import type { Output } from '../output.ts';
import { type Binary, cacheFolder } from './binaries.ts';
import { downloadRelease } from './download.ts';
import { goBuild } from './go-build.ts';
import { installSystemPackages, thisUser } from './system-packages.ts';

const run = promisify(execFile);

export interface Resolved {
  readonly path: string;
  readonly from: 'path' | 'cache' | 'release' | 'go' | 'apt';
}

type Vars = Readonly<Record<string, string>>;

/** Looks in the PATH and in the cache only. */
export async function findBinary(binary: Binary, env: Vars = inheritedEnv()): Promise<Resolved | undefined> {
  for (const folder of (env.PATH ?? '').split(delimiter)) {
    const path = join(folder, binary.name);
    if (folder && isExecutable(path) && (await fits(binary, path))) return { path, from: 'path' };
  }
  const cached = cachedPath(binary, env);
  return isExecutable(cached) ? { path: cached, from: 'cache' } : undefined;
}

/**
 * Finds a program or gets it: PATH, user cache, pinned release, build with Go, system packages.
 * @throws CliError that names everything tried and what to do
 */
export async function resolveBinary(
  binary: Binary,
  output: Output,
  env: Vars = inheritedEnv(),
  signal?: AbortSignal,
): Promise<Resolved> {
  const found = await findBinary(binary, env);
  if (found) return found;
  const target = cachedPath(binary, env);
  mkdirSync(join(cacheFolder(env), 'bin'), { recursive: true });
  return withFileLock(
    `${target}.lock`,
    async () => (await findBinary(binary, env)) ?? (await obtain({ binary, target, output, env, signal })),
    (pid) => output.notice(`Waiting for process ${pid}, which is making ${binary.name}.`),
  );
}

interface Errand {
  readonly binary: Binary;
  readonly target: string;
  readonly output: Output;
  readonly env: Vars;
  readonly signal: AbortSignal | undefined;
}

async function obtain({ binary, target, output, env, signal }: Errand): Promise<Resolved> {
  const tried: string[] = [];
  const release = binary.releases[`${process.platform}-${process.arch}`];
  const ways: { from: Resolved['from']; get: () => Promise<void> }[] = [];
  if (release) ways.push({ from: 'release', get: () => downloadRelease(release, target) });
  const { go, apt } = binary;
  if (go) ways.push({ from: 'go', get: () => goBuild(binary, go, target, env, output, signal) });
  if (apt)
    ways.push({
      from: 'apt',
      get: () => installSystemPackages(apt, output, thisUser(env)),
    });
  for (const { from, get } of ways) {
    try {
      await get();
      const path = from === 'apt' ? (await findBinary(binary, env))?.path : target;
      if (path) return { path, from };
      tried.push(`the packages ${apt?.join(', ')} did not bring it`);
    } catch (error) {
      tried.push(sentenceOf(error).replace(/\.$/, ''));
    }
  }
  const why = tried.join('; ') || `there is no release for ${process.platform}-${process.arch}`;
  throw new CliError(`${binary.name} cannot be had: ${why}.`);
}

const cachedPath = (binary: Binary, env: Vars): string =>
  join(cacheFolder(env), 'bin', `${binary.name}-${binary.version}`);

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

async function fits(binary: Binary, path: string): Promise<boolean> {
  if (!binary.minimum) return true;
  const { stdout } = await run(path, ['--version'], { timeout: 5_000 }).catch(() => ({ stdout: '' }));
  const found = /(\d+)\.(\d+)/.exec(stdout);
  if (!found) return false;
  const [major, minor] = binary.minimum;
  return Number(found[1]) > major || (Number(found[1]) === major && Number(found[2]) >= minor);
}
