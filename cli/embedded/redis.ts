import { mkdirSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { inheritedEnv } from '../../platform/config.ts';
import type { ProcessSpec } from '../managed-process.ts';

export interface RedisOptions {
  readonly binary: string;
  readonly dataDir: string;
  readonly port: number;
  readonly password: string;
}

export const redisUrl = ({ port, password }: Pick<RedisOptions, 'port' | 'password'>): string =>
  `redis://:${encodeURIComponent(password)}@127.0.0.1:${port}/0`;

/** redis-server on 127.0.0.1. It keeps what it is told (append-only file) and never evicts: queues live in it. */
export function redisSpec({ binary, dataDir, port, password }: RedisOptions): ProcessSpec {
  const folder = join(dataDir, 'redis');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const configFile = join(folder, 'redis.conf');
  const config = {
    bind: '127.0.0.1',
    port,
    requirepass: password,
    dir: `"${folder}"`,
    daemonize: 'no',
    appendonly: 'yes',
    appendfsync: 'everysec',
    save: '""',
    'maxmemory-policy': 'noeviction',
    logfile: '""',
    loglevel: 'notice',
  };
  const text = Object.entries(config).map(([key, value]) => `${key} ${value}`);
  writeFileSync(configFile, `${text.join('\n')}\n`, { mode: 0o600 });
  return {
    name: 'redis',
    title: 'The embedded Redis',
    command: binary,
    args: [configFile],
    env: inheritedEnv(),
    logFile: join(dataDir, 'logs', 'redis.log'),
    ready: () => answersPing(port, password),
    readyTimeoutMs: 30_000,
    stopSignal: 'SIGTERM',
    stopTimeoutMs: 8_000,
    rank: 6,
    show: 'none',
  };
}

/** True when it answers PONG, which it does only once its data is loaded. */
function answersPing(port: number, password: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    let text = '';
    const end = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.setEncoding('utf8').setTimeout(2_000, () => end(false));
    socket.on('error', () => end(false)).on('close', () => end(false));
    socket.on('connect', () => socket.write(`AUTH ${password}\r\nPING\r\n`));
    socket.on('data', (chunk) => {
      text += chunk;
      if (text.includes('+PONG')) end(true);
      else if (text.includes('LOADING') || text.includes('ERR')) end(false);
    });
  });
}
