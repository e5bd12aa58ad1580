import { writeFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { inheritedEnv } from '../../platform/config.ts';
import type { ProcessSpec } from '../managed-process.ts';

export interface LivekitOptions {
  readonly binary: string;
  readonly dataDir: string;
  /** Address of the product; a loopback one keeps the media on this machine too. */
  readonly host: string;
  readonly port: number;
  readonly tcpPort: number;
  readonly udpPort: number;
  readonly apiKey: string;
  readonly apiSecret: string;
  readonly redisUrl: string;
  /** Where room and participant events are posted. */
  readonly webhookUrl: string;
}

/** livekit-server, the media server. Its configuration is JSON, which YAML includes. */
export function livekitSpec(options: LivekitOptions): ProcessSpec {
  const { binary, dataDir, host, port } = options;
  const configFile = join(dataDir, 'livekit.yaml');
  writeFileSync(configFile, `${JSON.stringify(livekitConfig(options), null, 2)}\n`, { mode: 0o600 });
  return {
    name: 'livekit',
    title: 'livekit-server',
    command: binary,
    args: ['--config', configFile],
    env: inheritedEnv(),
    logFile: join(dataDir, 'logs', 'livekit.log'),
    ready: () => answersHttp(`http://${isLoopback(host) ? '127.0.0.1' : localAddress(host)}:${port}/`),
    readyTimeoutMs: 30_000,
    stopSignal: 'SIGTERM',
    stopTimeoutMs: 8_000,
    rank: 5,
    carriesSound: true,
    show: 'error',
  };
}

function livekitConfig(options: LivekitOptions): object {
  const { host, apiKey, apiSecret } = options;
  const onlyHere = isLoopback(host);
  return {
    port: options.port,
    bind_addresses: [onlyHere ? '127.0.0.1' : '0.0.0.0'],
    rtc: {
      tcp_port: options.tcpPort,
      udp_port: options.udpPort,
      use_external_ip: false,
      enable_loopback_candidate: true,
      node_ip: onlyHere ? '127.0.0.1' : outsideAddress(host),
      ...(onlyHere
        ? {
            interfaces: { includes: [loopbackInterface()] },
            // Every client asks the STUN servers it is told; the default ones are a stranger's, and of no use here.
            stun_servers: [`127.0.0.1:${options.udpPort}`],
          }
        : {}),
    },
    redis: livekitRedis(options.redisUrl),
    keys: { [apiKey]: apiSecret },
    webhook: { api_key: apiKey, urls: [options.webhookUrl] },
    logging: { level: 'warn', json: true },
  };
}

/** The Redis part of a LiveKit configuration. */
export function livekitRedis(url: string): object {
  const { hostname, port, username, password, pathname, protocol } = new URL(url);
  return {
    address: `${hostname}:${port || 6379}`,
    ...(username ? { username: decodeURIComponent(username) } : {}),
    ...(password ? { password: decodeURIComponent(password) } : {}),
    db: Number(pathname.slice(1) || 0),
    ...(protocol === 'rediss:' ? { use_tls: true } : {}),
  };
}

export const isLoopback = (host: string): boolean => host === 'localhost' || /^127\./.test(host);

/** An address that others can send media to: the host itself, or this machine's first outside one for 0.0.0.0. */
export function outsideAddress(host: string): string {
  if (host !== '0.0.0.0') return host;
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  return addresses.find(({ family, internal }) => family === 'IPv4' && !internal)?.address ?? '127.0.0.1';
}

const localAddress = (host: string): string => (host === '0.0.0.0' ? '127.0.0.1' : host);

const loopbackInterface = (): string =>
  Object.entries(networkInterfaces()).find(([, list]) =>
    list?.some(({ address }) => address === '127.0.0.1'),
  )?.[0] ?? 'lo';

async function answersHttp(url: string): Promise<boolean> {
  const response = await fetch(url, { signal: AbortSignal.timeout(2_000) });
  await response.arrayBuffer();
  return response.ok;
}
