import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { Guardian } from '../../cli/guardian-link.ts';
import { freePort } from '../../cli/ports.ts';
import { waitFor } from '../../platform/retry.ts';

export interface RunningRedis {
  readonly url: string;
  stop(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** A real redis-server on a free port, with nothing on disk that outlives it. */
export async function startRedis(): Promise<RunningRedis> {
  const folder = await mkdtemp(join(tmpdir(), 'trunkline-test-redis-'));
  const port = await freePort();
  const args = [
    '--port',
    String(port),
    '--bind',
    '127.0.0.1',
    '--dir',
    folder,
    '--save',
    '',
    '--appendonly',
    'no',
  ];
  const child = spawn('redis-server', args, { stdio: 'ignore' });
  const exited = once(child, 'exit').catch(() => undefined);
  // A run that is killed takes its server along.
  const guardian = new Guardian();
  if (child.pid !== undefined) guardian.add({ name: 'redis', pid: child.pid, signal: 'SIGKILL', rank: 0 });
  const url = `redis://127.0.0.1:${port}/0`;
  const stop = async () => {
    child.kill('SIGTERM');
    await exited;
    await guardian.finish();
    await rm(folder, { recursive: true, force: true });
  };
  const probe = new Redis(url, { lazyConnect: true, maxRetriesPerRequest: 0, retryStrategy: () => 50 });
  probe.on('error', () => undefined);
  try {
    await waitFor(
      'the Redis of the tests',
      () =>
        probe.ping().then(
          () => true,
          () => false,
        ),
      { timeoutMs: 20_000 },
    );
  } catch (error) {
    await stop();
    throw error;
  } finally {
    probe.disconnect();
  }
  return { url, stop, [Symbol.asyncDispose]: stop };
}
