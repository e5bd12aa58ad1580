import { resolve } from 'node:path';
import { ConfigError, inheritedEnv, readEnv } from '../platform/config.ts';
import { type Env, settings } from '../platform/settings.ts';
import { isLoopback, outsideAddress } from './embedded/livekit.ts';
import { postgresUrl } from './embedded/postgres.ts';
import { redisUrl } from './embedded/redis.ts';
import { findOllama } from './ollama.ts';
import { reservePorts } from './port-reservations.ts';
import { choosePorts, type PortName, type PortNeed } from './ports.ts';
import { compileCache, nodeBinary } from './processes.ts';
import type { Secrets } from './secrets.ts';

type Vars = Readonly<Record<string, string | undefined>>;

/** What the operator asked for, before anything is chosen for them. */
export interface Wishes {
  readonly env: Env;
  /** Names of the settings that are really set. */
  readonly given: ReadonlySet<string>;
  readonly dataDir: string;
}

export interface Flags {
  readonly data?: string | undefined;
  readonly port?: string | undefined;
}

/** Reads the environment with the flags laid over it. Throws a ConfigError. */
export function readWishes(flags: Flags = {}, inherited: Vars = inheritedEnv()): Wishes {
  const source: Vars = {
    ...inherited,
    ...(flags.data === undefined ? {} : { TRUNKLINE_DATA: flags.data }),
    ...(flags.port === undefined ? {} : { PORT: flags.port }),
  };
  const env = readEnv(source);
  const given = new Set(Object.keys(settings).filter((name) => source[name]?.trim()));
  if (given.has('LIVEKIT_URL') && !(given.has('LIVEKIT_API_KEY') && given.has('LIVEKIT_API_SECRET')))
    throw new ConfigError('LIVEKIT_URL is set, so LIVEKIT_API_KEY and LIVEKIT_API_SECRET must be set too.');
  return { env, given, dataDir: resolve(env.TRUNKLINE_DATA) };
}

/** Which parts are started here, because no URL or key points to one elsewhere. */
export interface Embedded {
  readonly postgres: boolean;
  readonly redis: boolean;
  readonly livekit: boolean;
  readonly sip: boolean;
  readonly speech: boolean;
}

export function embeddedParts({ env, given }: Wishes): Embedded {
  const has = (...names: (keyof Env)[]) => names.some((name) => given.has(name));
  const livekit = !has('LIVEKIT_URL');
  const allProviders =
    has('DEEPGRAM_API_KEY', 'DEEPGRAM_BASE_URL') &&
    has('OPENAI_API_KEY', 'OPENAI_BASE_URL') &&
    has('ELEVEN_API_KEY', 'ELEVEN_BASE_URL');
  return {
    postgres: !has('DATABASE_URL'),
    redis: !has('REDIS_URL'),
    livekit,
    sip: livekit && env.SIP_ENABLED,
    speech: !has('SPEECH_URL') && !allProviders,
  };
}

/** Everything settled: what the parts and processes are started with. */
export interface Environment {
  readonly ports: ReadonlyMap<PortName, number>;
  readonly node: string;
  /** The complete environment of our processes. */
  readonly child: Readonly<Record<string, string>>;
  readonly notices: readonly string[];
}

export const portNeeds = ({ env }: Wishes, embedded: Embedded): PortNeed[] => {
  const here = '127.0.0.1';
  const media = isLoopback(env.HOST) ? here : '0.0.0.0';
  const needs: (PortNeed | false)[] = [
    { name: 'PORT', purpose: 'API and console', host: env.HOST, protocols: ['tcp'], strict: true },
    embedded.postgres && {
      name: 'POSTGRES_PORT',
      purpose: 'the embedded PostgreSQL',
      host: here,
      protocols: ['tcp'],
    },
    embedded.redis && { name: 'REDIS_PORT', purpose: 'the embedded Redis', host: here, protocols: ['tcp'] },
    embedded.livekit && { name: 'LIVEKIT_PORT', purpose: 'livekit-server', host: media, protocols: ['tcp'] },
    embedded.livekit && {
      name: 'LIVEKIT_TCP_PORT',
      purpose: 'media over TCP',
      host: media,
      protocols: ['tcp'],
    },
    embedded.livekit && {
      name: 'LIVEKIT_UDP_PORT',
      purpose: 'media over UDP',
      host: media,
      protocols: ['udp'],
    },
    embedded.sip && { name: 'SIP_PORT', purpose: 'SIP', host: env.SIP_HOST, protocols: ['udp', 'tcp'] },
    embedded.speech && { name: 'SPEECH_PORT', purpose: 'the speech gateway', host: here, protocols: ['tcp'] },
  ];
  return needs.filter((need) => need !== false);
};

/** Chooses ports and fills in every address and secret that was left open. Throws CliError for a taken port. */
export async function settleEnvironment(
  wishes: Wishes,
  embedded: Embedded,
  secrets: Secrets,
  inherited: Readonly<Record<string, string>> = inheritedEnv(),
): Promise<Environment> {
  const { env, given, dataDir } = wishes;
  const [{ ports, notices }, ollama] = await Promise.all([
    reservePorts((reserved) => choosePorts(portNeeds(wishes, embedded), env, given, reserved)),
    given.has('OPENAI_API_KEY') || given.has('OPENAI_BASE_URL') ? undefined : findOllama(),
  ]);
  const port = (name: PortName) => ports.get(name) ?? env[name];
  const node = nodeBinary(env.WORKER_NODE);
  const mediaHost = isLoopback(env.HOST) ? '127.0.0.1' : outsideAddress(env.HOST);
  const child: Record<string, string> = {
    ...inherited,
    NODE_COMPILE_CACHE: compileCache(inherited),
    TRUNKLINE_DATA: dataDir,
    HOST: env.HOST,
    LOG_LEVEL: env.LOG_LEVEL,
    SIP_HOST: env.SIP_HOST,
    SIP_ENABLED: String(env.SIP_ENABLED),
    CONTROL_PLANE_URL: env.CONTROL_PLANE_URL ?? `http://${localHost(env.HOST)}:${port('PORT')}`,
    PUBLIC_URL: env.PUBLIC_URL ?? `http://${localHost(env.HOST)}:${port('PORT')}`,
    DATABASE_URL:
      env.DATABASE_URL ?? postgresUrl({ port: port('POSTGRES_PORT'), password: secrets.postgresPassword }),
    REDIS_URL: env.REDIS_URL ?? redisUrl({ port: port('REDIS_PORT'), password: secrets.redisPassword }),
    LIVEKIT_URL: env.LIVEKIT_URL ?? `ws://${mediaHost}:${port('LIVEKIT_PORT')}`,
    LIVEKIT_API_KEY: env.LIVEKIT_API_KEY ?? secrets.livekitApiKey,
    LIVEKIT_API_SECRET: env.LIVEKIT_API_SECRET ?? secrets.livekitApiSecret,
    INTERNAL_TOKEN: env.INTERNAL_TOKEN ?? secrets.internalToken,
    AUTH_SECRET: env.AUTH_SECRET ?? secrets.authSecret,
    ENCRYPTION_KEY: env.ENCRYPTION_KEY ?? secrets.encryptionKey,
    WORKER_NODE: node,
    // By hand one waits for calls to end with a long drain; Ctrl-C at this command should end within seconds.
    WORKER_DRAIN_MS: given.has('WORKER_DRAIN_MS') ? String(env.WORKER_DRAIN_MS) : '5000',
  };
  for (const [name, value] of ports) child[name] = String(value);
  if (embedded.speech) child.SPEECH_URL = `http://127.0.0.1:${port('SPEECH_PORT')}`;
  if (ollama) child.OPENAI_BASE_URL = ollama;
  const found = ollama ? [`Ollama runs here: agents use it as their language model (${ollama}).`] : [];
  return { ports, node, child, notices: [...notices, ...found] };
}

/** Where this machine itself reaches a server that listens on `host`. */
export const localHost = (host: string): string =>
  host === '0.0.0.0' || host === 'localhost' ? '127.0.0.1' : host;
