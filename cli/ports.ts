import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';
import type { Env } from '../platform/config.ts';
import { CliError } from './cli-error.ts';

export type Protocol = 'tcp' | 'udp';

/** True when nothing listens there and this user may. */
export function portFree(port: number, host = '127.0.0.1', protocol: Protocol = 'tcp'): Promise<boolean> {
  return bind(port, host, protocol).then(
    () => true,
    () => false,
  );
}

/** A port that is free right now for every protocol asked. */
export async function freePort(
  protocols: readonly Protocol[] = ['tcp'],
  host = '127.0.0.1',
): Promise<number> {
  for (let attempt = 0; attempt < 50; attempt++) {
    const port = await bind(0, host, protocols[0] ?? 'tcp');
    const rest = await Promise.all(protocols.slice(1).map((protocol) => portFree(port, host, protocol)));
    if (rest.every(Boolean)) return port;
  }
  throw new CliError(`No free port was found on ${host}.`);
}

function bind(port: number, host: string, protocol: Protocol): Promise<number> {
  return new Promise((resolve, reject) => {
    if (protocol === 'udp') {
      const socket = createSocket('udp4');
      socket.once('error', (error) => {
        socket.close();
        reject(error);
      });
      socket.bind({ port, address: host, exclusive: true }, () => {
        const bound = socket.address().port;
        socket.close(() => resolve(bound));
      });
      return;
    }
    const server = createServer();
    server.once('error', reject);
    server.listen({ port, host, exclusive: true }, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : port));
    });
  });
}

export type PortName = Extract<keyof Env, `${string}PORT`>;

export interface PortNeed {
  readonly name: PortName;
  readonly purpose: string;
  readonly host: string;
  readonly protocols: readonly Protocol[];
  /** strict: a taken default is an error, because strangers are told this port. */
  readonly strict?: boolean;
}

export interface PortChoice {
  readonly ports: ReadonlyMap<PortName, number>;
  readonly notices: readonly string[];
}

/**
 * Settles every port before anything starts. A port the operator set, or one that strangers address, must be free;
 * the others move to a free one when their default is taken, so that two instances can live side by side.
 */
export async function choosePorts(
  needs: readonly PortNeed[],
  env: Env,
  given: ReadonlySet<string>,
  reserved: ReadonlySet<number> = new Set(),
): Promise<PortChoice> {
  const ports = new Map<PortName, number>();
  const notices: string[] = [];
  for (const need of needs) {
    const wanted = env[need.name];
    const taken = new Set([...ports.values(), ...reserved]);
    if (wanted !== 0 && !taken.has(wanted) && (await allFree(wanted, need))) {
      ports.set(need.name, wanted);
      continue;
    }
    if (wanted !== 0 && (need.strict || given.has(need.name)))
      throw new CliError(
        `Port ${wanted} (${need.purpose}) on ${need.host} is already in use: free it or set ${need.name} to another port${need.name === 'PORT' ? ' (or use --port)' : ''}.`,
      );
    let port = await freePort(need.protocols, need.host);
    while (taken.has(port)) port = await freePort(need.protocols, need.host);
    ports.set(need.name, port);
    if (need.name === 'SIP_PORT' && wanted !== 0)
      notices.push(`Port ${wanted} is taken, SIP listens on ${port} this time (set SIP_PORT to choose).`);
  }
  return { ports, notices };
}

async function allFree(port: number, need: PortNeed): Promise<boolean> {
  const free = await Promise.all(need.protocols.map((protocol) => portFree(port, need.host, protocol)));
  return free.every(Boolean);
}
