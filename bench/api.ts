import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { Redis } from 'ioredis';
import type { Pool } from 'pg';
import { to } from 'pg-copy-streams';
import { buildApp } from '../control-plane/app.ts';
import { closeServer, listen } from '../control-plane/http/listen.ts';
import { createApiKey } from '../core/api-keys/index.ts';
import { type Context, type Services, systemContext } from '../core/context.ts';
import { registerSipTrunk } from '../core/numbers/index.ts';
import { rebuildRollups } from '../core/reports/index.ts';
import { identifyByToken, signUp } from '../core/users/index.ts';
import { openDatabase } from '../db/client.ts';
import { migrateDatabase } from '../db/migrate.ts';
import { Sealer } from '../platform/crypto.ts';
import { createLogger } from '../platform/log.ts';
import { newAgent } from '../test/factories/lines.ts';
import { fakePorts } from '../test/harness/fake-ports.ts';
import { startPostgres } from '../test/harness/postgres.ts';
import { startRedis } from '../test/harness/redis.ts';
import { bareApp } from './api/bare.ts';
import { get, rate, time } from './api/client.ts';
import { fillCalls, openCalls } from './api/fill.ts';
import { benchOptions, median, percentile, printTable, type Row, writeJson } from './kit.ts';

/**
 * Lists, dashboard and export of a workspace with two million calls over HTTP, against a bare Koa and pg handler and
 * against `COPY TO` in the same run. Needs no argument; `--quick` takes 100,000 calls, `--json FILE` writes the
 * figures.
 */
const options = benchOptions();
const count = options.quick ? 100_000 : 2_000_000;
const days = 180;
const times = options.quick ? 30 : 60;

const [postgres, redisServer] = [await startPostgres(), await startRedis()];
const closers: (() => unknown)[] = [() => redisServer.stop(), () => postgres.stop()];
try {
  await migrateDatabase(postgres.url);
  const handle = openDatabase(postgres.url, { max: 10 });
  const redis = new Redis(redisServer.url, { maxRetriesPerRequest: 1 });
  const services: Services = {
    db: handle.db,
    ports: fakePorts(),
    sealer: new Sealer(randomBytes(32).toString('base64')),
    log: createLogger('bench', { level: 'silent' }),
    ...{ publicUrl: 'http://bench.test', authSecret: 'a secret of the bench, long enough to sign with' },
  };
  const { ctx, workspaceId, key } = await newWorkspace(services);
  const agents = [];
  for (let n = 0; n < 10; n++) agents.push(await newAgent(ctx));
  for (let n = 0; n < 20; n++)
    await registerSipTrunk(ctx, {
      phoneNumber: `+120255501${String(n).padStart(2, '0')}`,
      sipAddress: 'a.test',
    });
  console.log(`Writing ${count} calls …`);
  const filling = { workspaceId, agents, count, days };
  await fillCalls(handle.pool, filling);
  const rebuildMs = await timeOf(() => rebuildRollups(systemContext(services, 'bench'), {}));
  await handle.pool.query('vacuum analyze call_rollups');

  const app = buildApp({
    ...{
      services,
      redis,
      version: 'bench',
      internalToken: 'bench',
      pagesDir: '/nowhere',
      demoEnabled: false,
    },
    probes: { db: async () => 1, redis: async () => 1, livekit: async () => 1 },
    livekit: { apiKey: 'k', apiSecret: 's', browserUrl: 'ws://bench.test' },
    rateLimits: false,
  });
  const product = createServer(app.koa.callback());
  const bare = createServer(bareApp(handle.pool, workspaceId).callback());
  const [url, bareUrl = ''] = await Promise.all(
    [product, bare].map(
      async (server) => `http://127.0.0.1:${await listen(server, { HOST: '127.0.0.1', PORT: 0 })}`,
    ),
  );
  closers.unshift(async () => {
    app.endStreams();
    await Promise.all([closeServer(product), closeServer(bare)]);
    await app.close();
    redis.disconnect();
    await handle.close();
  });
  const headers = { 'x-api-key': key };
  const ask = (path: string) => get(`${url}${path}`, headers);
  const agentId = agents[3]?.id ?? '';
  const p95 = async (path: string) => percentile(await time(times, () => ask(path)), 0.95);
  const bareP95 = percentile(await time(times, () => get(`${bareUrl}/calls`)), 0.95);
  const month = new Date(Date.now() - 30 * 86_400_000).toISOString().slice(0, 10);
  const whole = new Date(Date.now() - (days + 1) * 86_400_000).toISOString().slice(0, 10);

  const rows: Row[] = [
    list('calls, first page, p95', await p95('/calls'), bareP95),
    list('calls, hundredth page, p95', await p95('/calls?page=100'), null),
    list('calls, last page but one, p95', await p95(`/calls?page=${Math.floor(count / 25) - 1}`), null),
    list('of one agent, first page, p95', await p95(`/calls?agent_id=${agentId}`), null),
    list('of one agent, hundredth page, p95', await p95(`/calls?agent_id=${agentId}&page=100`), null),
    list(
      'busy, by phone, hundredth page, p95',
      await p95('/calls?disposition=busy&call_type=phone&page=100'),
      null,
    ),
    list('of a month, hundredth page, p95', await p95(`/calls?start_datetime=${month}&page=100`), null),
    board('dashboard, 30 days, p95', await p95('/reports/dashboard')),
    board('dashboard, 30 days in New York, p95', await p95('/reports/dashboard?timezone=America/New_York')),
    board('dashboard, 30 days in Kolkata, p95', await p95('/reports/dashboard?timezone=Asia/Kolkata')),
    board('dashboard, 30 days of one agent, p95', await p95(`/reports/dashboard?agent_id=${agentId}`)),
    board(`dashboard, all ${days} days, p95`, await p95(`/reports/dashboard?start_datetime=${whole}`)),
    board(
      `dashboard, all ${days} days in New York, p95`,
      await p95(`/reports/dashboard?start_datetime=${whole}&timezone=America/New_York`),
    ),
    ...(await throughput(ask, bareUrl)),
    await exported(ask, handle.pool, workspaceId),
    await scraped(ask, await openCalls(handle.pool, filling)),
    { figure: 'rollups rebuilt', unit: 's', product: rebuildMs / 1_000, baseline: null },
  ];
  printTable(`API (${count} calls over ${days} days)`, rows);
  writeJson(options.json, 'api', rows);
} finally {
  for (const close of closers) await close();
}

async function newWorkspace(services: Services): Promise<{ ctx: Context; workspaceId: string; key: string }> {
  const base = { services, surface: 'bench', requestId: 'bench', ip: null };
  const nobody: Context = { ...base, actor: { kind: 'anonymous' }, workspaceId: null, role: null };
  const session = await signUp(nobody, {
    email: 'ada@harbor.test',
    password: 'correct horse battery',
    name: 'Ada',
  });
  const ctx: Context = { ...base, ...(await identifyByToken(services, session.accessToken)) };
  if (ctx.workspaceId === null) throw new Error('Signing up makes a workspace.');
  const { key } = await createApiKey(ctx, { name: 'bench', role: 'admin' });
  return { ctx, workspaceId: ctx.workspaceId, key };
}

async function timeOf(run: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await run();
  return performance.now() - startedAt;
}

function list(figure: string, product: number, baseline: number | null): Row {
  return {
    ...{ figure, product, baseline, unit: 'ms', goal: '≤ 40 ms', met: product <= 40 },
  };
}
function board(figure: string, product: number): Row {
  return {
    ...{ figure, product, baseline: null, unit: 'ms', goal: '≤ 100 ms', met: product <= 100 },
  };
}

async function throughput(ask: (path: string) => Promise<number>, bareUrl: string): Promise<Row[]> {
  const forMs = options.quick ? 2_000 : 5_000;
  const rows: Row[] = [];
  for (const [figure, path] of [
    ['phone numbers, eight at once', '/phonenumbers'],
    ['calls, eight at once', '/calls'],
  ] as const) {
    const product = await rate(forMs, () => ask(path));
    const baseline = await rate(forMs, () => get(`${bareUrl}${path}`));
    rows.push({ figure, product, baseline, unit: '/s', goal: '≥ 0.5 ×', met: product >= baseline / 2 });
  }
  return rows;
}

/** Once a second is one hundredth of a core. */
async function scraped(ask: (path: string) => Promise<number>, open: number): Promise<Row> {
  const product = percentile(await time(times, () => ask('/reports/workload')), 0.95);
  const figure = `workload with ${open} open calls, p95`;
  return { figure, product, baseline: null, unit: 'ms', goal: '≤ 10 ms', met: product <= 10 };
}

/** Rows a second of the whole file, against COPY of the same rows as they are. */
async function exported(
  ask: (path: string) => Promise<number>,
  pool: Pool,
  workspaceId: string,
): Promise<Row> {
  const perSecond = (ms: number[]) => (count * 1_000) / median(ms);
  const timed = async (run: () => Promise<unknown>) => [await timeOf(run), await timeOf(run)];
  const columns = `id, created_at, channel, direction, status, disposition, agent_id, agent_version_id, from_number, to_number,
    dialed_at, answered_at, ended_at, duration_ms, turn_count, end_reason, end_detail, sip_status, sip_reason, campaign_id, variables`;
  const copy = async () => {
    const client = await pool.connect();
    const text = `copy (select ${columns} from calls where workspace_id = '${workspaceId}') to stdout with (format csv, header)`;
    let bytes = 0;
    for await (const chunk of client.query(to(text))) bytes += (chunk as Buffer).length;
    client.release();
    return bytes;
  };
  const baseline = perSecond(await timed(copy));
  const product = perSecond(await timed(() => ask('/calls/export')));
  return {
    figure: 'export',
    product,
    baseline,
    unit: 'rows/s',
    goal: '≥ 0.5 ×',
    met: product >= baseline / 2,
  };
}
