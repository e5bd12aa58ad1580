import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { quickFolder } from '../../cli/embedded/quick-folder.ts';
import { freePort } from '../../cli/ports.ts';
import { inheritedEnv } from '../../platform/config.ts';
import { waitFor } from '../../platform/retry.ts';
import { thisNode } from './our-process.ts';

/** DIR/run.json of a running instance: the contract for scripts. */
export interface RunFile {
  readonly url: string;
  readonly sip: string;
  readonly livekitUrl: string;
  readonly apiKey: string;
  readonly demo: { readonly agentId: string; readonly number: string };
  readonly pids: Readonly<Record<string, number>>;
}

/** Where a running product is. */
export interface ProductAddress {
  readonly run: RunFile;
  readonly dataDir: string;
  readonly speechUrl: string;
  readonly databaseUrl: string;
  readonly redisUrl: string;
  readonly livekit: { readonly httpUrl: string; readonly apiKey: string; readonly apiSecret: string };
}

/** The whole product as its clients see it. */
export interface Product extends ProductAddress {
  /** Calls the operator API with the workspace key; throws when the status is not 2xx. */
  api<T = unknown>(method: string, path: string, body?: unknown): Promise<T>;
}

/** One that was started as a stranger would, on free ports and in a data folder of its own. */
export interface StartedProduct extends Product {
  readonly child: ChildProcess;
  /** What it printed so far. */
  output(): string;
  stop(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

interface ProductOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Another data folder than a fresh one; it is not removed at the end. */
  readonly dataDir?: string;
  readonly readyTimeoutMs?: number;
  /** Not in memory: as the product of a user. */
  readonly onDisk?: boolean;
}

const running = new Set<Product>();

/** The products that this test file has started and not stopped, or was lent. */
export const runningProducts = (): readonly Product[] => [...running];

const command = fileURLToPath(new URL('../../cli/trunkline.mjs', import.meta.url));

/** A product that somebody else started and will stop. */
export function connectProduct(address: ProductAddress): Product {
  const { run } = address;
  const api = (method: string, path: string, body?: unknown) => callApi(run, method, path, body);
  const product: Product = { ...address, api: api as Product['api'] };
  running.add(product);
  return product;
}

export async function startProduct(options: ProductOptions = {}): Promise<StartedProduct> {
  const dataDir =
    options.dataDir ?? (await mkdtemp(join(options.onDisk ? tmpdir() : quickFolder(), 'trunkline-')));
  const [http = 0, postgres, redis, livekit, livekitTcp, livekitUdp, sip, speech] = await freePorts(8);
  const env = {
    ...inheritedEnv(),
    POSTGRES_PORT: String(postgres),
    REDIS_PORT: String(redis),
    LIVEKIT_PORT: String(livekit),
    LIVEKIT_TCP_PORT: String(livekitTcp),
    LIVEKIT_UDP_PORT: String(livekitUdp),
    SIP_PORT: String(sip),
    SPEECH_PORT: String(speech),
    // What a caller says is heard the same way in every run.
    SPEECH_STEADY: 'true',
    // Its sound shares our session, and the processors, with that of our callers; we pass signals on to it alone.
    TRUNKLINE_FRONT: String(process.pid),
    ...options.env,
  };
  const child = spawn(thisNode.path, [command, 'start', '--data', dataDir, '--port', String(http)], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let printed = '';
  child.stdout.on('data', (chunk: Buffer) => {
    printed += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    printed += chunk.toString();
  });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const leaveToo = () => child.kill('SIGTERM');
  process.once('exit', leaveToo);
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), 40_000);
      await exited;
      clearTimeout(timer);
    }
    process.off('exit', leaveToo);
    if (options.dataDir === undefined) await rm(dataDir, { recursive: true, force: true });
  };
  try {
    const run = await waitFor(
      'the product to be ready',
      async () => {
        if (child.exitCode !== null)
          throw new Error(`The product ended with code ${child.exitCode}:\n${printed}`);
        return readRunFile(dataDir);
      },
      { timeoutMs: options.readyTimeoutMs ?? 120_000, everyMs: 20 },
    );
    const secrets = JSON.parse(
      await readFile(join(dataDir, 'secrets.json'), 'utf8').catch(() => '{}'),
    ) as Record<string, string>;
    const connected = connectProduct({
      run,
      dataDir,
      speechUrl: `http://127.0.0.1:${env.SPEECH_PORT}`,
      databaseUrl: `postgres://postgres:${secrets.postgresPassword ?? ''}@127.0.0.1:${env.POSTGRES_PORT}/trunkline`,
      redisUrl: `redis://:${secrets.redisPassword ?? ''}@127.0.0.1:${env.REDIS_PORT}`,
      livekit: {
        httpUrl: `http://127.0.0.1:${env.LIVEKIT_PORT}`,
        apiKey: secrets.livekitApiKey ?? '',
        apiSecret: secrets.livekitApiSecret ?? '',
      },
    });
    const leave = async () => {
      running.delete(connected);
      await stop();
    };
    return { ...connected, child, output: () => printed, stop: leave, [Symbol.asyncDispose]: leave };
  } catch (error) {
    const detail = `${error instanceof Error ? error.message : String(error)}\n${printed}`;
    await stop();
    throw new Error(detail, { cause: error });
  }
}

function readRunFile(dataDir: string): RunFile | undefined {
  try {
    return JSON.parse(readFileSync(join(dataDir, 'run.json'), 'utf8')) as RunFile;
  } catch {
    return undefined;
  }
}

async function callApi(run: RunFile, method: string, path: string, body: unknown): Promise<unknown> {
  const response = await fetch(`${run.url}${path}`, {
    method,
    headers: {
      'x-api-key': run.apiKey,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(20_000),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${text}`);
  return text === '' ? undefined : JSON.parse(text);
}

/** Distinct ports of the loopback interface, free for TCP and UDP. */
export async function freePorts(howMany: number): Promise<number[]> {
  const ports: number[] = [];
  while (ports.length < howMany) ports.push(await freePort(['tcp', 'udp']));
  return ports;
}
