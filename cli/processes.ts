import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { smallHeap, typescriptArgs } from '../platform/typescript-args.ts';
import { CliError } from './cli-error.ts';
import { cacheFolder } from './embedded/binaries.ts';
import type { ProcessSpec } from './managed-process.ts';

export const root = resolve(fileURLToPath(new URL('..', import.meta.url)));

/** The product's own processes: name in run.json, entry file, place in the shutdown. */
export interface Entry {
  readonly name: 'speech' | 'controlPlane' | 'jobs' | 'worker';
  readonly title: string;
  readonly file: string;
  readonly rank: number;
  readonly stopTimeoutMs: number;
}

const entry = (
  name: Entry['name'],
  title: string,
  file: string,
  rank: number,
  stopTimeoutMs: number,
): Entry => ({
  name,
  title,
  file: join(root, file),
  rank,
  stopTimeoutMs,
});

export const entries = {
  worker: entry('worker', 'The worker', 'worker/main.ts', 0, 8_000),
  jobs: entry('jobs', 'The jobs process', 'jobs/main.ts', 1, 5_000),
  controlPlane: entry('controlPlane', 'The control plane', 'control-plane/server.ts', 2, 5_000),
  speech: entry('speech', 'The speech gateway', 'speech/main.ts', 3, 3_000),
} as const satisfies Record<Entry['name'], Entry>;

export type Entries = Readonly<Record<Entry['name'], Entry>>;

/** One of our TypeScript processes. It says `{ ready: true }` over IPC when it is. */
export function nodeProcess(
  { name, title, file, rank, stopTimeoutMs }: Entry,
  {
    env,
    node,
    dataDir,
    extraStopMs = 0,
  }: {
    readonly env: Readonly<Record<string, string>>;
    readonly node: string;
    readonly dataDir: string;
    readonly extraStopMs?: number;
  },
): ProcessSpec {
  if (!existsSync(file)) throw new CliError(`${title} cannot start: its file ${file} is missing.`);
  return {
    name,
    title,
    command: node,
    args: [...typescriptArgs(nodeVersion(node)), ...(name === 'jobs' ? smallHeap : []), file],
    env,
    cwd: root,
    logFile: join(dataDir, 'logs', `${name}.log`),
    ready: 'message',
    readyTimeoutMs: 60_000,
    stopSignal: 'SIGTERM',
    stopTimeoutMs: stopTimeoutMs + extraStopMs,
    rank,
    carriesSound: name === 'worker',
    show: 'warn',
  };
}

/** Where our processes keep their compiled modules, so that they are compiled once (Node 22 and newer). */
export const compileCache = (inherited: Readonly<Record<string, string>>): string =>
  inherited.NODE_COMPILE_CACHE ?? join(cacheFolder(inherited), 'compile');

/** Node for our processes: the one asked for, else the pinned newer one from npm, else the one that runs us. */
export function nodeBinary(wanted: string | undefined, folder = root): string {
  if (wanted !== undefined) {
    if (!nodeVersion(wanted)) throw new CliError(`WORKER_NODE="${wanted}" is not a Node that runs.`);
    return wanted;
  }
  const pinned = join(folder, 'node_modules', `node-${process.platform}-${process.arch}`, 'bin', 'node');
  return existsSync(pinned) && nodeVersion(pinned) ? pinned : process.execPath;
}

const versions = new Map<string, string | undefined>();

export function nodeVersion(binary: string): string | undefined {
  if (!versions.has(binary)) versions.set(binary, askVersion(binary));
  return versions.get(binary);
}

function askVersion(binary: string): string | undefined {
  try {
    const options = { encoding: 'utf8', timeout: 5_000, stdio: 'pipe' } as const;
    const version = execFileSync(binary, ['--version'], options).trim();
    return /^v\d+\./.test(version) ? version.slice(1) : undefined;
  } catch {
    return undefined;
  }
}
