import { chatCompletions } from '../adapters/chat-completions.ts';
import { chatStream } from '../adapters/chat-stream.ts';
import { openEmbedder } from '../adapters/embedder.ts';
import { RedisFleet } from '../adapters/fleet.ts';
import { RedisPacer } from '../adapters/redis-pacer.ts';
import { LiveKitRooms } from '../adapters/rooms.ts';
import { smtpMailer } from '../adapters/smtp-mailer.ts';
import { twilioMessages } from '../adapters/twilio-messages.ts';
import { type Services, systemContext } from '../core/context.ts';
import { type DatabaseHandle, openDatabase } from '../db/client.ts';
import { faultOfKey, refuseOtherKey } from '../db/sealed-secrets.ts';
import { background } from '../platform/background.ts';
import { openBlobStore } from '../platform/blob-store.ts';
import { allowedHosts, type Config, ConfigError, readConfig } from '../platform/config.ts';
import { Sealer } from '../platform/crypto.ts';
import { localProvider } from '../platform/local-speech.ts';
import { createLogger, type Logger } from '../platform/log.ts';
import { Shutdown } from '../platform/shutdown.ts';
import { sipPlaceOf, whyNoCaptureHere } from '../sip/capture/here.ts';
import { openCarriers } from '../sip/carriers/index.ts';
import { connectLiveKit } from '../sip/livekit.ts';
import { trunkProbe } from '../sip/options.ts';
import { CallEvents } from './calls/call-events.ts';
import { Dialer, dialerLimits } from './campaigns/dialer.ts';
import { OutboxRelay, purgeOutbox } from './outbox.ts';
import { Queues } from './queues.ts';
import { openHastyRedis, openRedis } from './redis.ts';
import { installSchedules } from './schedules.ts';
import { callLimits, type JobServices } from './services.ts';
import { tasks } from './tasks/index.ts';
import { startWorkers, stopWorkers } from './workers.ts';

/** How long running jobs may take to finish at a stop. A call that is being dialed is picked up by the next process. */
const stopPatienceMs = 3_000;
const planEveryMs = 30_000;

async function main(): Promise<void> {
  const config = readConfig();
  if (config.databaseUrl === '' || config.secrets.encryptionKey === '')
    throw new ConfigError(
      'DATABASE_URL and ENCRYPTION_KEY must be set for the jobs. `trunkline start` sets them.',
    );
  const log = createLogger('jobs', { level: config.env.LOG_LEVEL, pii: config.env.LOG_PII });
  const shutdown = new Shutdown(log);
  shutdown.listen();

  const database = openDatabase(config.databaseUrl, {
    max: 20,
    onError: (error) => log.warn({ reason: error.message }, 'a database connection broke'),
  });
  shutdown.add('database', () => database.close());
  const sealer = new Sealer(config.secrets.encryptionKey);
  // Jobs wait out a database that is away; what the key is then worth shows when it is back.
  refuseOtherKey(await faultOfKey(database.pool, sealer).catch(() => null), log);
  const redis = openRedis(config.redisUrl, log, 'queues');
  const subscriber = openRedis(config.redisUrl, log, 'call events');
  // The dialer holds its lock while it asks.
  const hasty = openHastyRedis(config.redisUrl, log, 'dialer');
  shutdown.add('redis', () => {
    redis.disconnect();
    subscriber.disconnect();
    hasty.disconnect();
  });

  const queues = new Queues(redis, new Map(tasks.map((task) => [task.name, task])));
  shutdown.add('queues', () => queues.close());
  const pacer = new RedisPacer(hasty);
  const services: JobServices = {
    ...buildCore(config, database, sealer, new RedisFleet(hasty), log),
    livekit: connectLiveKit(config.livekit),
    callEvents: new CallEvents(subscriber),
    queues,
    log,
    agentName: config.env.WORKER_AGENT_NAME,
    limits: { ...callLimits, waitMs: config.env.CALLER_WAIT_SECONDS * 1_000 },
    sipPlace: sipPlaceOf(config),
    pacing: { pacer, trunkCallsPerSecond: config.env.DIALER_TRUNK_CPS },
    messagesKeepMs: config.env.MESSAGES_KEEP_DAYS * 86_400_000,
    purgeOutbox: (olderThanMs) => purgeOutbox(database.pool, olderThanMs),
  };
  const workers = startWorkers(redis, tasks, services);
  shutdown.add('workers', () => stopWorkers(workers, stopPatienceMs));
  const relay = new OutboxRelay({ pool: database.pool, send: (messages) => queues.send(messages), log });
  relay.start();
  shutdown.add('outbox', () => relay.stop());
  const dialer = new Dialer({
    ctx: services.ctx,
    pacer,
    limits: dialerLimits(config.env),
    log,
  });
  shutdown.add('dialer', () => dialer.stop());

  const plan = () => background(log, 'install the schedules', installSchedules(queues));
  await installSchedules(queues);
  dialer.start();
  redis.on('ready', plan);
  // A Redis that was emptied, and stayed, says nothing.
  const planner = setInterval(plan, planEveryMs);
  shutdown.add('schedules', () => clearInterval(planner));
  await queues.get('heal-numbers').add('heal-numbers', {});
  log.info({ queues: tasks.length }, 'jobs are running');
  process.send?.({ ready: true });
}

function buildCore(
  config: Config,
  database: DatabaseHandle,
  sealer: Sealer,
  fleet: RedisFleet,
  log: Logger,
): Pick<JobServices, 'core' | 'ctx'> {
  const core: Services = {
    db: database.db,
    ports: {
      fleet,
      liveControl: noLiveControl,
      blobs: openBlobStore(config),
      embedder: openEmbedder(config.env, log),
      rooms: new LiveKitRooms({
        livekit: config.livekit,
        agentName: config.env.WORKER_AGENT_NAME,
        browserUrl: config.livekit.url,
      }),
      // Nobody edits agents here.
      voices: { look: async () => null },
      isLocalSpeech: (_, provider) => provider === localProvider,
      languageModel: chatCompletions(config.env),
      messenger: twilioMessages(config.env),
      carriers: openCarriers(config.env),
      trunkProbe: trunkProbe(),
      captures: { whyNot: () => whyNoCaptureHere(config) },
      mailer: smtpMailer(config.env),
      google: null,
      foreign: null,
      chatModel: chatStream(config.env),
      allowedHosts: allowedHosts(config),
    },
    sealer,
    log,
    publicUrl: config.publicUrl,
    authSecret: config.secrets.authSecret,
  };
  return { core, ctx: systemContext(core, 'jobs') };
}

/** Nobody supervises a call from here. */
const noLiveControl: Services['ports']['liveControl'] = {
  send: async () => null,
  issueToken: async () => {
    throw new Error('Jobs let nobody into a call.');
  },
  hushWhisperer: async () => false,
};

try {
  await main();
} catch (error) {
  // One sentence for what an operator can mend; a stack only for what they cannot.
  console.error(error instanceof ConfigError ? error.message : error);
  process.exit(1);
}
