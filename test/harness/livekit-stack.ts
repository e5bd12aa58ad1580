import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { livekitServer, livekitSip, redisServer } from '../../cli/embedded/binaries.ts';
import { resolveBinary } from '../../cli/embedded/resolve-binary.ts';
import { consoleOutput } from '../../cli/output.ts';
import { freePorts } from './product.ts';

const READY_TIMEOUT_MS = 15_000;

/** A real livekit-server and livekit-sip on free loopback ports, for the tests of the softphone alone. */
export interface LivekitStack {
  readonly url: string;
  readonly apiKey: string;
  readonly apiSecret: string;
  readonly sipPort: number;
  /** What livekit-sip logged so far. */
  sipLog(): Promise<string>;
  close(): Promise<void>;
}

/** Starts redis-server, livekit-server and livekit-sip. Throws with their log when one does not come up. */
export async function startLivekitStack(): Promise<LivekitStack> {
  const folder = await mkdtemp(join(tmpdir(), 'softphone-livekit-'));
  const children: ChildProcess[] = [];
  const close = async () => {
    for (const child of children.reverse()) await stop(child);
    await rm(folder, { recursive: true, force: true });
  };
  const run = (name: string, command: string, args: string[]) => {
    const child = spawn(command, args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
    const log = createWriteStream(join(folder, `${name}.log`));
    child.stdout.pipe(log, { end: false });
    child.stderr.pipe(log, { end: false });
    child.on('error', () => undefined);
    children.push(child);
  };
  try {
    const output = consoleOutput();
    const programs = await Promise.all(
      [redisServer, livekitServer, livekitSip].map((binary) => resolveBinary(binary, output)),
    );
    const [redisPath = '', serverPath = '', sipPath = ''] = programs.map(({ path }) => path);
    const [redis = 0, http = 0, tcp = 0, health = 0, media = 0, sipPort = 0] = await freePorts(6);
    const apiKey = 'test-key';
    const apiSecret = randomBytes(24).toString('hex');
    await writeFile(
      join(folder, 'server.yaml'),
      serverConfig({ http, tcp, media, redis, apiKey, apiSecret }),
    );
    await writeFile(join(folder, 'sip.yaml'), sipConfig({ http, redis, sipPort, health, apiKey, apiSecret }));
    run('redis', redisPath, ['--port', `${redis}`, '--bind', '127.0.0.1', '--save', '']);
    await listening(redis, folder, 'redis');
    run('server', serverPath, ['--config', 'server.yaml']);
    await listening(http, folder, 'server');
    run('sip', sipPath, ['--config', 'sip.yaml']);
    await listening(health, folder, 'sip');
    const sipLog = () => readFile(join(folder, 'sip.log'), 'utf8');
    return { url: `http://127.0.0.1:${http}`, apiKey, apiSecret, sipPort, sipLog, close };
  } catch (error) {
    await close();
    throw error;
  }
}

type Ports = Record<'http' | 'redis', number> & { readonly apiKey: string; readonly apiSecret: string };

function serverConfig(ports: Ports & Record<'tcp' | 'media', number>): string {
  return JSON.stringify({
    port: ports.http,
    bind_addresses: ['127.0.0.1'],
    rtc: {
      tcp_port: ports.tcp,
      udp_port: ports.media,
      node_ip: '127.0.0.1',
      interfaces: { includes: ['lo'] },
      enable_loopback_candidate: true,
    },
    redis: { address: `127.0.0.1:${ports.redis}` },
    keys: { [ports.apiKey]: ports.apiSecret },
    logging: { level: 'info' },
  });
}

function sipConfig(ports: Ports & Record<'sipPort' | 'health', number>): string {
  // Ports outside the range from which the kernel gives free ones.
  const rtpStart = 20_000 + Math.floor(Math.random() * 11_000);
  return JSON.stringify({
    api_key: ports.apiKey,
    api_secret: ports.apiSecret,
    ws_url: `ws://127.0.0.1:${ports.http}`,
    redis: { address: `127.0.0.1:${ports.redis}` },
    sip_port: ports.sipPort,
    rtp_port: `${rtpStart}-${rtpStart + 999}`,
    health_port: ports.health,
    local_net: '127.0.0.0/8',
    listen_ip: '127.0.0.1',
    nat_1_to_1_ip: '127.0.0.1',
    max_cpu_utilization: 1,
    logging: { level: 'debug' },
  });
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  const impatient = setTimeout(() => child.kill('SIGKILL'), 3_000);
  await exited;
  clearTimeout(impatient);
}

async function listening(port: number, folder: string, name: string): Promise<void> {
  const deadline = Date.now() + READY_TIMEOUT_MS;
  while (!(await accepts(port))) {
    if (Date.now() > deadline) {
      const log = await readFile(join(folder, `${name}.log`), 'utf8').catch(() => '');
      throw new Error(`${name} did not start: ${log.slice(-2_000)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
