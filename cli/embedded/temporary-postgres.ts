import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomToken } from '../../platform/crypto.ts';
import { waitFor } from '../../platform/retry.ts';
import { Guardian } from '../guardian-link.ts';
import type { ProcessSpec } from '../managed-process.ts';
import { freePort } from '../ports.ts';
import { initPostgres, postgresSpec } from './postgres.ts';

export interface TemporaryPostgres {
  readonly url: string;
  stop(): Promise<void>;
}

const prefix = 'trunkline-postgres-';
const ownerFile = 'owner.pid';
const fast = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' };

/**
 * A PostgreSQL for a while, the one the product embeds, in a folder of its own that goes with it: for tests, benches
 * and simulations. What it holds need not survive a power cut. `settings` are the server's own; `parent` is where the
 * folder is made.
 */
export async function startTemporaryPostgres(
  settings: Readonly<Record<string, string>> = {},
  parent: string = tmpdir(),
): Promise<TemporaryPostgres> {
  for (const folder of new Set([tmpdir(), parent])) removeLeftovers(folder);
  const dataDir = mkdtempSync(join(parent, prefix));
  writeFileSync(join(dataDir, ownerFile), String(process.pid));
  // As root the server runs as another user, who has to get in.
  chmodSync(dataDir, 0o755);
  const remove = () => rmSync(dataDir, { recursive: true, force: true });
  try {
    const options = { dataDir, port: await freePort(), password: randomToken(12) };
    const url = `postgres://postgres:${options.password}@127.0.0.1:${options.port}/postgres`;
    await initPostgres(options);
    const spec = await postgresSpec(options);
    const given = Object.entries({ ...fast, ...settings }).flatMap(([key, value]) => [
      '-c',
      `${key}=${value}`,
    ]);
    const child = spawn(spec.command, [...spec.args, ...given], {
      ...(spec.env ? { env: spec.env } : {}),
      ...(spec.uid === undefined ? {} : { uid: spec.uid }),
      ...(spec.gid === undefined ? {} : { gid: spec.gid }),
      cwd: '/',
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    // A run that is killed takes its server along.
    const guardian = new Guardian();
    const stop = async () => {
      await end(child);
      await guardian.finish();
      remove();
    };
    if (child.pid !== undefined)
      guardian.add({ name: 'postgres', pid: child.pid, signal: 'SIGQUIT', rank: 0 });
    await ready(child, spec).catch(async (error) => {
      await stop();
      throw error;
    });
    return { url, stop };
  } catch (error) {
    remove();
    throw error;
  }
}

async function ready(child: ChildProcess, spec: ProcessSpec): Promise<void> {
  let said = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    said = `${said}${chunk.toString()}`.slice(-2_000);
  });
  await waitFor(
    'the temporary PostgreSQL',
    () => {
      if (child.exitCode !== null) throw new Error(`PostgreSQL ended with ${child.exitCode}: ${said}`);
      return spec.ready === 'message' ? true : spec.ready().catch(() => false);
    },
    { timeoutMs: 60_000 },
  );
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGINT');
  await exited;
}

/** Folders of runs that were killed: whoever made them is gone, and nobody else would ever remove them. */
function removeLeftovers(parent: string): void {
  for (const name of readdirSync(parent)) {
    const owner = join(parent, name, ownerFile);
    if (!name.startsWith(prefix) || !existsSync(owner)) continue;
    if (!isAlive(Number(readFileSync(owner, 'utf8'))))
      rmSync(join(parent, name), { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Somebody else's process is a process too.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
