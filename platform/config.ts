import type { z } from 'zod';
import { type Env, settings } from './settings.ts';

export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/** Reads and checks the environment. Throws one ConfigError that names every wrong variable. */
export function readEnv(source: Record<string, string | undefined> = process.env): Env {
  const problems: string[] = [];
  const values: Record<string, unknown> = {};
  for (const [name, { schema, secret }] of Object.entries(settings)) {
    const raw = source[name]?.trim() === '' ? undefined : source[name];
    const result = (schema as z.ZodType).safeParse(raw);
    if (result.success) values[name] = result.data;
    else
      problems.push(`${name}${secret ? '' : `="${raw}"`}: ${result.error.issues[0]?.message ?? 'invalid'}`);
  }
  if (problems.length > 0) throw new ConfigError(`These settings do not fit: ${problems.join('; ')}`);
  return values as Env;
}

/**
 * A PostgreSQL server that tests may make databases on; unset: they start one of their own. Never set in production.
 */
export const testDatabaseUrl = (): string | undefined => process.env.TEST_DATABASE_URL || undefined;

/** The environment of this process as given, for handing on to a child. */
export function inheritedEnv(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
  );
}

/** What a running process of the product needs; the CLI fills in what the operator left open. */
export interface Config {
  readonly env: Env;
  readonly dataDir: string;
  readonly publicUrl: string;
  readonly controlPlaneUrl: string;
  readonly databaseUrl: string;
  readonly redisUrl: string;
  readonly livekit: {
    readonly url: string;
    readonly httpUrl: string;
    readonly apiKey: string;
    readonly apiSecret: string;
  };
  readonly secrets: {
    readonly internalToken: string;
    readonly authSecret: string;
    readonly encryptionKey: string;
  };
}

/** Builds the configuration of a process that needs everything. Throws a ConfigError that says what is missing. */
export function readConfig(source: Record<string, string | undefined> = process.env): Config {
  const env = readEnv(source);
  const need = (name: keyof Env): string => {
    const value = env[name];
    if (typeof value !== 'string' || value === '')
      throw new ConfigError(
        `${name} is not set. \`trunkline start\` sets it; a process started by hand needs it in the environment.`,
      );
    return value;
  };
  const url = need('LIVEKIT_URL');
  const localUrl = `http://127.0.0.1:${env.PORT}`;
  return {
    env,
    dataDir: env.TRUNKLINE_DATA,
    publicUrl: env.PUBLIC_URL ?? `http://${env.HOST === '0.0.0.0' ? '127.0.0.1' : env.HOST}:${env.PORT}`,
    controlPlaneUrl: env.CONTROL_PLANE_URL ?? localUrl,
    databaseUrl: env.DATABASE_URL ?? '',
    redisUrl: need('REDIS_URL'),
    livekit: {
      url,
      httpUrl: url.replace(/^ws/, 'http'),
      apiKey: need('LIVEKIT_API_KEY'),
      apiSecret: need('LIVEKIT_API_SECRET'),
    },
    secrets: {
      internalToken: need('INTERNAL_TOKEN'),
      authSecret: env.AUTH_SECRET ?? '',
      encryptionKey: env.ENCRYPTION_KEY ?? '',
    },
  };
}

/** Whether an address must be confirmed before somebody signs in with it. */
export const requiresConfirmedEmail = ({ REQUIRE_CONFIRMED_EMAIL: wanted, SMTP_URL }: Env): boolean =>
  wanted === 'auto' ? SMTP_URL !== undefined : wanted === 'true';

/**
 * host:port entries that functions of agents may reach although private: the configured ones, and the product itself.
 */
export function allowedHosts({
  env,
  controlPlaneUrl,
  publicUrl,
}: Pick<Config, 'env' | 'controlPlaneUrl' | 'publicUrl'>): string[] {
  const own = [controlPlaneUrl, publicUrl].map((text) => {
    const { hostname, port, protocol } = new URL(text);
    return `${hostname}:${port || (protocol === 'https:' ? '443' : '80')}`;
  });
  return [...env.ALLOWED_PRIVATE_HOSTS.split(',').map((name) => name.trim()), ...new Set(own)].filter(
    Boolean,
  );
}
