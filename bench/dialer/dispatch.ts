import { Queue, Worker } from 'bullmq';
import { sql } from 'drizzle-orm';
import { Redis } from 'ioredis';
import { MemoryPacer, tick } from '../../core/campaigns/engine/index.ts';
import { openDatabase } from '../../db/client.ts';
import { OutboxRelay } from '../../jobs/outbox.ts';
import { Queues, queuePrefix } from '../../jobs/queues.ts';
import { newId } from '../../platform/ids.ts';
import { startRedis } from '../../test/harness/redis.ts';
import { median, type Row } from '../kit.ts';
import { type Desk, fillCampaign, openDesk } from './desk.ts';
import type { Section } from './section.ts';

/**
 * People taken, judged, written as attempts and calls, sent through the outbox and worked off by a worker that dials
 * nobody, against as many bare jobs added to BullMQ and worked off; and what one look of the dialer takes when few or
 * many people wait.
 */
export const dispatchSection: Section = {
  name: 'dispatch',
  title: 'Dispatch of calls, without telephony',
  run: async ({ databaseUrl, quick }) => {
    const redis = await startRedis();
    const handle = openDatabase(databaseUrl, { max: 6 });
    try {
      const dials = quick ? 2_000 : 10_000;
      const crowd = quick ? 100_000 : 1_000_000;
      const desk = await openDesk(handle);
      await fillCampaign(desk, 1_000);
      const small = await looks(desk, 30);
      await fillCampaign(desk, dials);
      const dispatched = await dispatch(desk, redis.url, dials);
      await fillCampaign(desk, crowd);
      const large = await looks(desk, 30);
      const single = await bareQueue(redis.url, dials, 1);
      const bulk = await bareQueue(redis.url, dials, 200);
      return { rows: rowsOf({ small, large, crowd, dispatched, single, bulk }), details: { dials, crowd } };
    } finally {
      await handle.close();
      await redis.stop();
    }
  },
};

/** What carriers allow is no matter here: full pace from the start. */
class OpenPacer extends MemoryPacer {
  override readPace = async () => ({ factor: 1, atMs: Date.now(), holdUntilMs: 0 });
}

function look({ ctx }: Desk, pacer: OpenPacer, channels: number) {
  const limits = { inboundShare: 0, workspaceCalls: 1_000_000, trunkCallsPerSecond: 1_000_000 };
  return tick(ctx, { pacer, limits: { ...limits, trunkChannels: channels } });
}

/** Milliseconds that a look takes which places ten calls, median; the first three do not count. */
async function looks(desk: Desk, rounds: number): Promise<number> {
  const took: number[] = [];
  const pacer = new OpenPacer();
  for (let round = -3; round < rounds; round++) {
    const { rows } = await desk.handle.db.execute<{ on: string }>(
      sql`select count(*) as on from calls where finalized_at is null and status <> 'ended'`,
    );
    const startedAt = performance.now();
    const ticked = await look(desk, pacer, Number(rows[0]?.on ?? 0) + 10);
    if (ticked?.placed !== 10) throw new Error(`A look placed ${ticked?.placed} calls and not ten.`);
    if (round >= 0) took.push(performance.now() - startedAt);
  }
  return median(took);
}

interface Dispatched {
  readonly decisionsPerSecond: number;
  readonly perSecond: number;
}

/** The dialer and the relay side by side, as the jobs process runs them. */
async function dispatch(desk: Desk, url: string, dials: number): Promise<Dispatched> {
  const redis = new Redis(url, { maxRetriesPerRequest: null });
  const queues = new Queues(redis, new Map());
  await desk.handle.db.execute(sql`update outbox set sent_at = now() where sent_at is null`);
  const relay = new OutboxRelay({
    ...{ pool: desk.handle.pool, log: desk.services.log },
    send: (outgoing) => queues.send(outgoing),
  });
  const consumer = await countingWorker('dial-call', redis, queuePrefix, dials);
  const pacer = new OpenPacer();
  const startedAt = performance.now();
  relay.start();
  let [placed, considered] = [0, 0];
  while (placed < dials) {
    const ticked = await look(desk, pacer, 1_000_000);
    if (!ticked?.placed) throw new Error(`The dialer stopped after ${placed} of ${dials}.`);
    placed += ticked.placed;
    considered += ticked.considered;
  }
  const decidedMs = performance.now() - startedAt;
  await consumer.allDone;
  const tookMs = performance.now() - startedAt;
  await relay.stop();
  await consumer.close();
  await queues.close();
  redis.disconnect();
  return { decisionsPerSecond: (considered * 1_000) / decidedMs, perSecond: (dials * 1_000) / tookMs };
}

/** Jobs a second through a queue and nothing else, `atOnce` in one command, each worked off by doing nothing. */
async function bareQueue(url: string, jobs: number, atOnce: number): Promise<number> {
  const connection = new Redis(url, { maxRetriesPerRequest: null });
  const name = `bare-${atOnce}`;
  const queue = new Queue(name, { connection });
  const consumer = await countingWorker(name, connection, 'bull', jobs);
  const job = (n: number) => ({ name, data: { callId: newId() }, opts: { jobId: `job-${n}` } });
  const startedAt = performance.now();
  for (let n = 0; n < jobs; n += atOnce) {
    if (atOnce > 1) await queue.addBulk(Array.from({ length: atOnce }, (_, i) => job(n + i)));
    else await queue.add(name, job(n).data, job(n).opts);
  }
  await consumer.allDone;
  const perSecond = (jobs * 1_000) / (performance.now() - startedAt);
  await consumer.close();
  await queue.close();
  connection.disconnect();
  return perSecond;
}

async function countingWorker(name: string, redis: Redis, prefix: string, jobs: number) {
  let done = 0;
  let resolve = () => {};
  const allDone = new Promise<void>((settle) => {
    resolve = settle;
  });
  const connection = redis.duplicate();
  const worker = new Worker(
    name,
    async () => {
      done += 1;
      if (done === jobs) resolve();
    },
    { connection, prefix, concurrency: 100 },
  );
  await worker.waitUntilReady();
  const close = async () => {
    await worker.close();
    connection.disconnect();
  };
  return { allDone, close };
}

function rowsOf(given: {
  readonly small: number;
  readonly large: number;
  readonly crowd: number;
  readonly dispatched: Dispatched;
  readonly single: number;
  readonly bulk: number;
}): Row[] {
  const { small, large, crowd, dispatched, single, bulk } = given;
  const against = (figure: string, product: number, baseline: number): Row => ({
    ...{ figure, product, baseline, unit: '/s', goal: '≥ 0.5 ×', met: product >= baseline / 2 },
  });
  return [
    against(
      'decisions, with attempt, call and message; BullMQ, one by one',
      dispatched.decisionsPerSecond,
      single,
    ),
    against('until a worker has them; BullMQ, one by one', dispatched.perSecond, single),
    against('until a worker has them; BullMQ, 200 in one command', dispatched.perSecond, bulk),
    {
      ...{ figure: `a look that places ten: ${crowd} wait, 1000 wait`, unit: 'ms' },
      ...{ product: large, baseline: small, goal: '≤ 1.5 ×', met: large <= 1.5 * small },
    },
  ];
}
