import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { inheritedEnv } from '../../platform/config.ts';
import type { ProcessSpec } from '../managed-process.ts';
import { isLoopback, livekitRedis, outsideAddress } from './livekit.ts';
import { readSipLogLine } from './sip-log-line.ts';

export interface LivekitSipOptions {
  readonly binary: string;
  readonly dataDir: string;
  readonly host: string;
  readonly port: number;
  /** `first-last` */
  readonly rtpPorts: string;
  readonly livekitUrl: string;
  readonly apiKey: string;
  readonly apiSecret: string;
  readonly redisUrl: string;
}

/** livekit-sip, the bridge between telephony and LiveKit rooms. */
export function livekitSipSpec(options: LivekitSipOptions): ProcessSpec {
  const { binary, dataDir, host, port } = options;
  const configFile = join(dataDir, 'livekit-sip.yaml');
  writeFileSync(configFile, `${JSON.stringify(sipConfig(options), null, 2)}\n`, { mode: 0o600 });
  return {
    name: 'sip',
    title: 'livekit-sip',
    command: binary,
    args: ['--config', configFile],
    env: inheritedEnv(),
    logFile: join(dataDir, 'logs', 'livekit-sip.log'),
    ready: () => listens(port, host === '0.0.0.0' ? '127.0.0.1' : host),
    readyTimeoutMs: 30_000,
    // SIGTERM would wait for calls to end; SIGINT ends them.
    stopSignal: 'SIGINT',
    stopTimeoutMs: 8_000,
    rank: 4,
    carriesSound: true,
    show: 'warn',
    readLine: readSipLogLine,
  };
}

function sipConfig(options: LivekitSipOptions): object {
  const { host, port, rtpPorts } = options;
  return {
    api_key: options.apiKey,
    api_secret: options.apiSecret,
    ws_url: options.livekitUrl,
    redis: livekitRedis(options.redisUrl),
    sip_port: port,
    rtp_port: rtpPorts,
    listen_ip: host,
    ...(isLoopback(host)
      ? { local_net: '127.0.0.0/8', nat_1_to_1_ip: host === 'localhost' ? '127.0.0.1' : host }
      : { nat_1_to_1_ip: outsideAddress(host) }),
    // Admission is by the worker's slots; a busy moment of the machine must not turn callers away.
    max_cpu_utilization: 1,
    logging: { level: 'info', json: true },
  };
}

/** True when the signalling port takes TCP connections, which it opens together with UDP. */
function listens(port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host });
    const end = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(2_000, () => end(false));
    socket.on('connect', () => end(true)).on('error', () => end(false));
  });
}
