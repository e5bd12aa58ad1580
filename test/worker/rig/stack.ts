import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { livekitServer, redisServer } from '../../../cli/embedded/binaries.ts';
import { resolveBinary } from '../../../cli/embedded/resolve-binary.ts';
import { consoleOutput } from '../../../cli/output.ts';
import { waitFor } from '../../../platform/retry.ts';
import { freePorts } from '../../harness/product.ts';

/** A real redis-server and livekit-server on free loopback ports, and a data folder. */
export interface Stack {
  readonly redisUrl: string;
  readonly redisPort: number;
  readonly livekit: { readonly url: string; readonly apiKey: string; readonly apiSecret: string };
  readonly dataDir: string;
  /** Starts a stopped server again on its port. */
  startRedis(): Promise<void>;
  stopRedis(): Promise<void>;
  startLivekit(): Promise<void>;
  stopLivekit(): Promise<void>;
  close(): Promise<void>;
}

export async function startStack(): Promise<Stack> {
  const [redisProgram, livekitProgram] = await Promise.all(
    [redisServer, livekitServer].map(async (binary) => (await resolveBinary(binary, consoleOutput())).path),
  );
  if (!redisProgram || !livekitProgram)
    throw new Error('redis-server or livekit-server is not to be had here.');
  const dataDir = await mkdtemp(join(tmpdir(), 'worker-rig-'));
  const [redisPort = 0, port = 0, tcpPort, udpPort] = await freePorts(4);
  const apiSecret = randomBytes(24).toString('hex');
  const config = join(dataDir, 'livekit.json');
  await writeFile(
    config,
    JSON.stringify({
      port,
      bind_addresses: ['127.0.0.1'],
      rtc: {
        tcp_port: tcpPort,
        udp_port: udpPort,
        node_ip: '127.0.0.1',
        interfaces: { includes: ['lo'] },
        enable_loopback_candidate: true,
      },
      redis: { address: `127.0.0.1:${redisPort}` },
      keys: { key: apiSecret },
      logging: { level: 'warn' },
    }),
  );
  let redis: ChildProcess | undefined;
  let livekit: ChildProcess | undefined;
  const stack: Stack = {
    redisUrl: `redis://127.0.0.1:${redisPort}`,
    redisPort,
    livekit: { url: `ws://127.0.0.1:${port}`, apiKey: 'key', apiSecret },
    dataDir,
    startRedis: async () => {
      redis = spawn(redisProgram, ['--port', `${redisPort}`, '--bind', '127.0.0.1', '--save', ''], {
        cwd: dataDir,
        stdio: 'ignore',
      });
      await waitFor('redis-server', () => accepts(redisPort));
    },
    stopRedis: () => stop(redis),
    startLivekit: async () => {
      livekit = spawn(livekitProgram, ['--config', config], { stdio: 'ignore' });
      await waitFor('livekit-server', () => accepts(port));
    },
    stopLivekit: () => stop(livekit),
    close: async () => {
      await stop(livekit);
      await stop(redis);
      await rm(dataDir, { recursive: true, force: true });
    },
  };
  try {
    await stack.startRedis();
    await stack.startLivekit();
    return stack;
  } catch (error) {
    await stack.close();
    throw error;
  }
}

async function stop(child: ChildProcess | undefined): Promise<void> {
  if (!child || child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}

async function accepts(port: number): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
