import { join } from 'node:path';
import { inheritedEnv } from '../platform/config.ts';
import { CliError, sentenceOf } from './cli-error.ts';
import { ensureConsole } from './console-build.ts';
import { prepareDataFolder } from './data-folder.ts';
import { type Binary, livekitServer, livekitSip, redisServer } from './embedded/binaries.ts';
import { livekitSpec } from './embedded/livekit.ts';
import { livekitSipSpec } from './embedded/livekit-sip.ts';
import { resolveSpeechModels } from './embedded/models.ts';
import { createDatabase, initPostgres, postgresSpec } from './embedded/postgres.ts';
import { redisSpec } from './embedded/redis.ts';
import { resolveBinary } from './embedded/resolve-binary.ts';
import {
  type Embedded,
  type Environment,
  embeddedParts,
  localHost,
  settleEnvironment,
  type Wishes,
} from './environment.ts';
import { Guardian } from './guardian-link.ts';
import { Instance, type RunFile } from './instance.ts';
import { ManagedProcess, type ProcessSpec } from './managed-process.ts';
import { migrate } from './migration.ts';
import type { Output } from './output.ts';
import { type Entries, nodeProcess, entries as productEntries } from './processes.ts';
import { loadSecrets, type Secrets } from './secrets.ts';
import { ensureSeed, reseed, type Seed } from './seeding.ts';

export interface ProductOptions {
  readonly wishes: Wishes;
  readonly output: Output;
  /** Our own processes; tests put stubs in their place. */
  readonly entries?: Entries;
  /** Called when a part crashed too often; the whole product should end. */
  readonly giveUp: (sentence: string) => void;
}

export interface Timing {
  readonly part: string;
  readonly fromMs: number;
  readonly tookMs: number;
}

/** The whole product on one machine: brings every part up in as much parallel as correctness allows. */
export class Product {
  readonly timings: Timing[] = [];
  readonly #options: ProductOptions;
  readonly #instance: Instance;
  readonly #guardian: Guardian;
  readonly #secrets: Secrets;
  readonly #embedded: Embedded;
  readonly #environment: Environment;
  readonly #parts: ManagedProcess[] = [];
  readonly #startedAt = performance.now();
  /** Ends builds and downloads that are under way when the stop comes early. */
  readonly #ending = new AbortController();
  #runFile: RunFile | undefined;
  #stopped: Promise<void> | undefined;
  /** What could not be had here; whoever waits for it does without. */
  readonly #off = { media: false, sip: false };

  private constructor(
    options: ProductOptions,
    settled: { instance: Instance; secrets: Secrets; embedded: Embedded; environment: Environment },
  ) {
    this.#options = options;
    this.#instance = settled.instance;
    this.#secrets = settled.secrets;
    this.#embedded = settled.embedded;
    this.#environment = settled.environment;
    this.#guardian = new Guardian({ onChange: (wards) => this.#instance.record(wards) });
  }

  /** Claims the data folder and settles ports and secrets; nothing runs yet. Throws CliError or ConfigError. */
  static async prepare(options: ProductOptions): Promise<Product> {
    const { wishes, output } = options;
    prepareDataFolder(wishes.dataDir);
    const instance = await Instance.claim(wishes.dataDir, (text) => output.notice(text));
    try {
      const secrets = loadSecrets(wishes.dataDir);
      const embedded = embeddedParts(wishes);
      const environment = await settleEnvironment(wishes, embedded, secrets);
      for (const notice of environment.notices) output.notice(notice);
      return new Product(options, { instance, secrets, embedded, environment });
    } catch (error) {
      instance.release();
      throw error;
    }
  }

  get environment(): Environment {
    return this.#environment;
  }

  /** Brings everything up; resolves when all of it is ready and run.json is written. */
  async start(): Promise<{ readonly run: RunFile; readonly seed: Seed | undefined }> {
    const database = this.#timed('database', () => this.#startDatabase());
    const migrated = database.then((fresh) =>
      this.#timed('migrations', () => this.#migrate()).then(() => fresh),
    );
    const redis = this.#timed('redis', () => this.#startRedis());
    const media = this.#timed('livekit', () => this.#startMedia(redis));
    const stores = Promise.all([migrated, redis, media]);
    const work = [
      stores,
      this.#timed('sip', () => this.#startSip(media)),
      this.#timed('speech', () => this.#startSpeech()),
      this.#timed('web pages', () => this.#buildPages()),
      stores.then(() => this.#timed('controlPlane', () => this.#startEntry('controlPlane'))),
      stores.then(() => this.#timed('jobs', () => this.#startEntry('jobs'))),
      Promise.all([redis, media]).then(() => this.#timed('worker', () => this.#startWorker())),
    ];
    const seeding = migrated.then((fresh) =>
      this.#timed('seed', () =>
        ensureSeed(this.#environment.child, { fresh, embedded: this.#embedded.postgres }),
      ),
    );
    await all([...work, seeding]);
    const seed = await seeding;
    // Made just now, the number reaches LiveKit a moment later, through the queue; "ready" means it can be dialed.
    if (seed?.adminPassword !== undefined && this.#embedded.sip && !this.#off.sip)
      await this.#timed('demo line', () => this.#awaitDemoLine(seed.demo.number));
    this.#runFile = this.#describe(seed);
    this.#instance.writeRunFile(this.#runFile);
    return { run: this.#runFile, seed };
  }

  /** Seeds whatever happened before. */
  reseed(): Promise<Seed | undefined> {
    return reseed(this.#environment.child, this.#embedded.postgres);
  }

  /** Only the database (migrated) and Redis, for maintenance. */
  async startStores(): Promise<void> {
    await all([this.#startDatabase().then(() => this.#migrate()), this.#startRedis()]);
  }

  /** Ends everything in order; `hurry` cuts every grace short. */
  stop(hurry?: AbortSignal): Promise<void> {
    this.#stopped ??= this.#stopAll(hurry);
    return this.#stopped;
  }

  async #stopAll(hurry: AbortSignal | undefined): Promise<void> {
    this.#ending.abort();
    const ranks = [...new Set(this.#parts.map(({ spec }) => spec.rank))].sort((a, b) => a - b);
    for (const rank of ranks)
      await Promise.all(this.#parts.filter(({ spec }) => spec.rank === rank).map((part) => part.stop(hurry)));
    await this.#guardian.finish();
    this.#instance.release();
  }

  /** Resolves to true when the embedded cluster is brand new. */
  async #startDatabase(): Promise<boolean> {
    const { child, ports } = this.#environment;
    const url = child.DATABASE_URL ?? '';
    if (!this.#embedded.postgres) {
      await (await externalChecks()).checkDatabase(url);
      return false;
    }
    const options = {
      dataDir: this.#options.wishes.dataDir,
      port: ports.get('POSTGRES_PORT') ?? 0,
      password: this.#secrets.postgresPassword,
    };
    const fresh = await initPostgres(options);
    await this.#run(await postgresSpec(options));
    await createDatabase(url);
    return fresh;
  }

  /** Before anything else uses the database: a wrong key would show only when a secret is needed, in a call. */
  async #migrate(): Promise<void> {
    const { DATABASE_URL: url = '', ENCRYPTION_KEY: key = '' } = this.#environment.child;
    await migrate(url);
    const { faultOfStoredSecrets } = await import('./encryption-key.ts');
    const fault = await faultOfStoredSecrets(url, key);
    if (fault?.isOther) throw new CliError(fault.sentence);
    if (fault !== null) this.#options.output.warn(fault.sentence);
  }

  async #startRedis(): Promise<void> {
    const { child, ports } = this.#environment;
    if (!this.#embedded.redis) return (await externalChecks()).checkRedis(child.REDIS_URL ?? '');
    const binary = await this.#resolve(redisServer);
    await this.#run(
      redisSpec({
        binary,
        dataDir: this.#options.wishes.dataDir,
        port: ports.get('REDIS_PORT') ?? 0,
        password: this.#secrets.redisPassword,
      }),
    );
  }

  /**
   * Without livekit-server there are no calls; chats, agents, lists and reports go on, so its failure is loud but not
   * the end.
   */
  async #startMedia(redis: Promise<void>): Promise<void> {
    if (!this.#embedded.livekit) {
      const { LIVEKIT_URL = '', LIVEKIT_API_KEY = '', LIVEKIT_API_SECRET = '' } = this.#environment.child;
      return (await externalChecks()).checkLivekit(LIVEKIT_URL, LIVEKIT_API_KEY, LIVEKIT_API_SECRET);
    }
    const binary = this.#resolve(livekitServer);
    binary.catch(() => undefined);
    await redis;
    try {
      await this.#startLivekit(await binary);
    } catch (error) {
      if (this.#stopped) return;
      Object.assign(this.#off, { media: true, sip: true });
      this.#options.output.warn(
        `Calls are OFF, by phone and on the web; everything else works. ${sentenceOf(error)}`,
      );
    }
  }

  async #startLivekit(binary: string): Promise<void> {
    const { child, ports } = this.#environment;
    await this.#run(
      livekitSpec({
        binary,
        dataDir: this.#options.wishes.dataDir,
        host: this.#options.wishes.env.HOST,
        port: ports.get('LIVEKIT_PORT') ?? 0,
        tcpPort: ports.get('LIVEKIT_TCP_PORT') ?? 0,
        udpPort: ports.get('LIVEKIT_UDP_PORT') ?? 0,
        apiKey: child.LIVEKIT_API_KEY ?? '',
        apiSecret: child.LIVEKIT_API_SECRET ?? '',
        redisUrl: child.REDIS_URL ?? '',
        webhookUrl: `${child.CONTROL_PLANE_URL}/webhook/livekit`,
      }),
    );
  }

  /** Phone calls are the only loss when livekit-sip cannot be had, so a failure is loud but not the end. */
  async #startSip(media: Promise<void>): Promise<void> {
    if (!this.#embedded.sip) return;
    const { child, ports } = this.#environment;
    const { env, dataDir } = this.#options.wishes;
    try {
      // A failure of the media server is told once, by itself.
      const [binary] = await Promise.all([this.#resolve(livekitSip), media.catch(() => undefined)]);
      if (this.#off.media) return;
      await this.#run(
        livekitSipSpec({
          binary,
          dataDir,
          host: env.SIP_HOST,
          port: ports.get('SIP_PORT') ?? 0,
          rtpPorts: env.SIP_RTP_PORTS,
          livekitUrl: child.LIVEKIT_URL ?? '',
          apiKey: child.LIVEKIT_API_KEY ?? '',
          apiSecret: child.LIVEKIT_API_SECRET ?? '',
          redisUrl: child.REDIS_URL ?? '',
        }),
      );
    } catch (error) {
      if (this.#stopped) return;
      this.#off.sip = true;
      this.#options.output.warn(`Phone calls are OFF, web calls work. ${sentenceOf(error)}`);
    }
  }

  async #awaitDemoLine(number: string): Promise<void> {
    const { lineIsUp } = await import('./demo-line.ts');
    if (!(await lineIsUp(this.#environment.child.DATABASE_URL ?? '', number)))
      this.#options.output.warn(
        `The demo number is not known to LiveKit yet, so calls to it are refused. \`trunkline doctor\` and ${join(logFolder(this.#options.wishes.dataDir), 'jobs.log')} may say why.`,
      );
  }

  async #startSpeech(): Promise<void> {
    if (!this.#embedded.speech) return;
    const { output, wishes } = this.#options;
    try {
      await output.progress('Preparing the speech models', () =>
        resolveSpeechModels({
          dir: wishes.env.SPEECH_MODELS,
          signal: this.#ending.signal,
          onProgress: (text) => output.notice(text),
        }),
      );
    } catch (error) {
      if (this.#stopped) return;
      output.warn(
        `Local speech is OFF: agents hear and speak only with DEEPGRAM_API_KEY and ELEVEN_API_KEY. ${sentenceOf(error)}`,
      );
      return;
    }
    await this.#startEntry('speech');
  }

  async #buildPages(): Promise<void> {
    try {
      await ensureConsole(this.#options.output, this.#ending.signal);
    } catch (error) {
      if (this.#stopped) return;
      this.#options.output.warn(`The web pages are OFF. ${sentenceOf(error)}`);
    }
  }

  async #startWorker(): Promise<void> {
    if (!this.#off.media) await this.#startEntry('worker');
  }

  async #startEntry(name: keyof Entries): Promise<void> {
    const { wishes, entries = productEntries } = this.#options;
    const { child, node } = this.#environment;
    const drains = name === 'worker' && wishes.given.has('WORKER_DRAIN_MS');
    const extraStopMs = drains ? wishes.env.WORKER_DRAIN_MS : 0;
    await this.#run(nodeProcess(entries[name], { env: child, node, dataDir: wishes.dataDir, extraStopMs }));
  }

  async #resolve(binary: Binary): Promise<string> {
    return (await resolveBinary(binary, this.#options.output, inheritedEnv(), this.#ending.signal)).path;
  }

  async #run(spec: ProcessSpec): Promise<void> {
    // A start that fails elsewhere stops everything; what comes up after that would be left behind.
    if (this.#stopped) return;
    const part = new ManagedProcess(spec, {
      guardian: this.#guardian,
      warn: (text) => this.#options.output.warn(text),
      giveUp: this.#options.giveUp,
      changed: () => this.#refreshRunFile(),
    });
    this.#parts.push(part);
    await part.start();
  }

  #describe(seed: Seed | undefined): RunFile {
    const { child, ports } = this.#environment;
    const { env } = this.#options.wishes;
    const sip = this.#embedded.sip && !this.#off.sip;
    return {
      url: `http://${localHost(env.HOST)}:${ports.get('PORT')}`,
      sip: sip ? `${localHost(env.SIP_HOST)}:${ports.get('SIP_PORT')}` : null,
      livekitUrl: this.#off.media ? null : (child.LIVEKIT_URL ?? null),
      speechUrl: child.SPEECH_URL ?? null,
      apiKey: seed?.apiKey ?? null,
      demo: seed?.demo ?? null,
      pids: this.#pids(),
    };
  }

  #pids(): Record<string, number> {
    return Object.assign({ trunkline: process.pid }, ...this.#parts.map((part) => part.pids));
  }

  #refreshRunFile(): void {
    if (!this.#runFile || this.#stopped) return;
    this.#runFile = { ...this.#runFile, pids: this.#pids() };
    this.#instance.writeRunFile(this.#runFile);
  }

  async #timed<T>(part: string, run: () => Promise<T>): Promise<T> {
    const from = performance.now();
    const result = await run();
    this.timings.push({
      part,
      fromMs: Math.round(from - this.#startedAt),
      tookMs: Math.round(performance.now() - from),
    });
    return result;
  }
}

export const logFolder = (dataDir: string): string => join(dataDir, 'logs');

/** Their client libraries are heavy, and most starts need none of them. */
const externalChecks = () => import('./external.ts');

/** Like Promise.all, but marks the other failures as seen, so that the first one is the one that is told. */
async function all(work: readonly Promise<unknown>[]): Promise<void> {
  for (const promise of work) promise.catch(() => {});
  await Promise.all(work);
}
