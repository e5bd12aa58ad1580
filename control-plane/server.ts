import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Redis } from 'ioredis';
import { chatStream } from '../adapters/chat-stream.ts';
import { openEmbedder } from '../adapters/embedder.ts';
import { RedisFleet } from '../adapters/fleet.ts';
import { foreignIdentity, googleIdentity } from '../adapters/identity-providers.ts';
import { LiveKitRooms, listOpenRooms } from '../adapters/rooms.ts';
import { ProviderVoices } from '../adapters/voices.ts';
import type { Services } from '../core/context.ts';
import { openDatabase } from '../db/client.ts';
import { faultOfKey, refuseOtherKey } from '../db/sealed-secrets.ts';
import { background } from '../platform/background.ts';
import { openBlobStore } from '../platform/blob-store.ts';
import {
  allowedHosts,
  type Config,
  ConfigError,
  readConfig,
  requiresConfirmedEmail,
} from '../platform/config.ts';
import { Sealer } from '../platform/crypto.ts';
import { isLocal } from '../platform/local-speech.ts';
import { createLogger, type Logger } from '../platform/log.ts';
import { Shutdown } from '../platform/shutdown.ts';
import { whyNoCaptureHere } from '../sip/capture/here.ts';
import { openCarriers } from '../sip/carriers/index.ts';
import { trunkProbe } from '../sip/options.ts';
import { type App, buildApp } from './app.ts';
import { closeServer, ListenError, listen, openServer } from './http/listen.ts';
import { LiveKitControl } from './live/live-control.ts';
import { probes } from './probes.ts';

const redisTimeoutMs = 2_000;
/** How often the open-room counter is compared with LiveKit's own list. */
const recountEveryMs = 30_000;

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

async function main(): Promise<void> {
  const config = readConfig();
  if (config.databaseUrl === '' || config.secrets.authSecret === '' || config.secrets.encryptionKey === '')
    throw new ConfigError(
      'DATABASE_URL, AUTH_SECRET and ENCRYPTION_KEY must be set for the control plane. `trunkline start` sets them.',
    );
  const log = createLogger('control-plane', { level: config.env.LOG_LEVEL, pii: config.env.LOG_PII });
  const shutdown = new Shutdown(log);
  shutdown.listen();

  const database = openDatabase(config.databaseUrl, {
    onError: (error) => log.warn({ err: error }, 'a database connection broke'),
  });
  shutdown.add('database', () => database.close());
  const redis = openRedis(config, log);
  shutdown.add('redis', () => redis.disconnect());

  await requireReachable(
    () => database.pool.query('select 1'),
    'The database of DATABASE_URL cannot be used',
  );
  await requireReachable(() => redis.ping(), 'The Redis of REDIS_URL cannot be used');
  const sealer = new Sealer(config.secrets.encryptionKey);
  refuseOtherKey(await faultOfKey(database.pool, sealer), log);

  const browserUrl = config.env.LIVEKIT_PUBLIC_URL ?? config.livekit.url;
  const { internalToken } = config.secrets;
  const liveControl = new LiveKitControl({ livekit: config.livekit, browserUrl, internalToken, redis, log });
  shutdown.add('live control', () => liveControl.close());
  const services: Services = {
    db: database.db,
    ports: {
      rooms: new LiveKitRooms({
        livekit: config.livekit,
        agentName: config.env.WORKER_AGENT_NAME,
        browserUrl,
      }),
      fleet: new RedisFleet(redis),
      liveControl,
      blobs: openBlobStore(config),
      embedder: openEmbedder(config.env, log),
      voices: new ProviderVoices(config.env),
      isLocalSpeech: (stage, provider) => isLocal(config.env, stage, provider),
      // Calls are analysed and messages are sent in the jobs process.
      languageModel: null,
      messenger: null,
      carriers: openCarriers(config.env),
      trunkProbe: trunkProbe(),
      captures: { whyNot: () => whyNoCaptureHere(config) },
      mailer: null,
      google: googleIdentity(config.env),
      foreign: foreignIdentity(config.env),
      chatModel: chatStream(config.env),
      allowedHosts: allowedHosts(config),
    },
    sealer,
    log,
    publicUrl: config.publicUrl,
    authSecret: config.secrets.authSecret,
    requiresConfirmedEmail: requiresConfirmedEmail(config.env),
  };
  const app = buildApp({
    services,
    redis,
    probes: probes({ db: database.db, redis, livekit: config.livekit }),
    version: readVersion(),
    internalToken: config.secrets.internalToken,
    livekit: { ...config.livekit, browserUrl },
    pagesDir: here('../console/dist'),
    demoEnabled: config.env.DEMO,
    trustProxy: config.env.TRUST_PROXY,
  });
  shutdown.add('app', () => app.close());

  const server = openServer(app.koa.callback());
  const port = await listen(server, config.env);
  shutdown.add('http', () => {
    app.endStreams();
    return closeServer(server);
  });
  recountRooms(app, config, shutdown, log);
  log.info({ host: config.env.HOST, port }, 'control plane is listening');
  process.send?.({ ready: true, port });
}

/** Said at once and in one sentence; later outages are waited out. Neither URL is shown: they carry passwords. */
async function requireReachable(ask: () => Promise<unknown>, sentence: string): Promise<void> {
  await ask().catch((error: unknown) => {
    throw new ConfigError(`${sentence}: ${causeOf(error)}.`);
  });
}

/** A refused connection is an AggregateError without a message: one error for each address that was tried. */
function causeOf(error: unknown): string {
  if (error instanceof AggregateError) return causeOf(error.errors[0]);
  if (!(error instanceof Error)) return String(error);
  return error.message.replace(/\.$/, '') || error.name;
}

/** One that is there and does not answer is as one that is away: whoever asks us does not wait for it. */
function openRedis(config: Config, log: Logger): Redis {
  const redis = new Redis(config.redisUrl, { maxRetriesPerRequest: 3, commandTimeout: redisTimeoutMs });
  redis.on('error', (error) => log.warn({ err: error }, 'the Redis connection broke'));
  return redis;
}

/** Once at start, then now and then: webhooks that came while nobody listened are not sent again for ever. */
function recountRooms(app: App, config: Config, shutdown: Shutdown, log: Logger): void {
  const recount = () =>
    background(
      log,
      'count the open rooms',
      app.activeCalls.reset(() => listOpenRooms(config.livekit)),
    );
  recount();
  const timer = setInterval(recount, recountEveryMs);
  shutdown.add('recount', () => clearInterval(timer));
}

function readVersion(): string {
  const parsed: unknown = JSON.parse(readFileSync(here('../package.json'), 'utf8'));
  return typeof parsed === 'object' && parsed !== null && 'version' in parsed
    ? String(parsed.version)
    : 'unknown';
}

try {
  await main();
} catch (error) {
  // One sentence for what an operator can mend; a stack only for what they cannot.
  const known = error instanceof ConfigError || error instanceof ListenError;
  console.error(known ? error.message : error);
  process.exit(1);
}
