import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';
import type { Env } from '../platform/settings.ts';
import { CliError } from './cli-error.ts';

export type Protocol = 'tcp' | 'udp';

/**
 * Where free ports are looked for: below the range from which the kernel gives ports to outgoing connections (32768
 * and up on Linux), or such a connection takes the port between its choice and the moment a server listens there.
 */
const SEARCHED = { first: 12_000, last: 19_999 };

let searchedLast = SEARCHED.first + Math.floor(Math.random() * (SEARCHED.last - SEARCHED.first));

/** A port that is free right now for every protocol asked; another one at every call. */
export async function freePort(
  protocols: readonly Protocol[] = ['tcp'],
  host = '127.0.0.1',
): Promise<number> {
  for (let tried = 0; tried <= SEARCHED.last - SEARCHED.first; tried++) {
    searchedLast = searchedLast === SEARCHED.last ? SEARCHED.first : searchedLast + 1;
    if (await portFree(searchedLast, host, protocols)) return searchedLast;
  }
  throw new CliError(`No free port was found on ${host}.`);
}

/** True when nothing listens there and this user may. */
export async function portFree(
  port: number,
  host = '127.0.0.1',
  protocols: readonly Protocol[] = ['tcp'],
): Promise<boolean> {
  const free = await Promise.all(protocols.map((protocol) => bindable(port, host, protocol)));
  return free.every(Boolean);
}

function bindable(port: number, host: string, protocol: Protocol): Promise<boolean> {
  return new Promise((resolve) => {
    if (protocol === 'udp') {
      const socket = createSocket('udp4');
      socket.once('error', () => socket.close(() => resolve(false)));
      socket.bind({ port, address: host, exclusive: true }, () => socket.close(() => resolve(true)));
      return;
    }
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)));
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
    if (wanted !== 0 && !taken.has(wanted) && (await portFree(wanted, need.host, need.protocols))) {
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
