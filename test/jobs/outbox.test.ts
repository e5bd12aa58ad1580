import { Worker } from 'bullmq';
import { eq, isNull, sql } from 'drizzle-orm';
import { Redis } from 'ioredis';
import { Pool } from 'pg';
import { afterEach, describe, expect, test } from 'vitest';
import { outbox } from '../../db/schema/outbox.ts';
import { OutboxRelay, purgeOutbox } from '../../jobs/outbox.ts';
import { Queues } from '../../jobs/queues.ts';
import { openRedis } from '../../jobs/redis.ts';
import { newId } from '../../platform/ids.ts';
import { createLogger } from '../../platform/log.ts';
import { waitFor } from '../../platform/retry.ts';
import { type TestContext, testContext } from '../harness/context.ts';
import { RedisServer } from './redis-server.ts';

const log = createLogger('test', { level: 'silent' });
const cleanups: (() => Promise<unknown> | unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function rig() {
  const t = await testContext();
  cleanups.push(() => t[Symbol.asyncDispose]());
  const server = await RedisServer.start();
  cleanups.push(() => server.down());
  const redis = openRedis(server.url, log, 'test');
  cleanups.push(() => redis.disconnect());
  const queues = new Queues(redis, new Map());
  cleanups.push(() => queues.close());
  const pool = new Pool({ connectionString: t.databaseUrl, max: 10 });
  pool.on('error', () => undefined);
  cleanups.push(() => pool.end());
  return { t, server, redis, queues, pool };
}

function relayFor(pool: Pool, queues: Queues, pollMs = 1_000): OutboxRelay {
  const relay = new OutboxRelay({
    pool,
    send: (messages) => queues.send(messages),
    log,
    pollMs,
    batchSize: 7,
  });
  cleanups.push(() => relay.stop());
  return relay;
}

const finalizes = (count: number) =>
  Array.from({ length: count }, () => ({ name: 'finalize-call', payload: { callId: newId() } }));

const unsent = async (t: TestContext) =>
  (await t.db.select().from(outbox).where(isNull(outbox.sentAt))).length;

/** Runs what is in a queue and counts how often each call came. */
function counter(url: string, name: string, work: (callId: string) => Promise<void> = async () => {}) {
  const runs = new Map<string, number>();
  const connection = new Redis(url, { maxRetriesPerRequest: null });
  connection.on('error', () => undefined);
  const worker = new Worker(
    name,
    async (job) => {
      const { callId } = job.data as { callId: string };
      runs.set(callId, (runs.get(callId) ?? 0) + 1);
      await work(callId);
    },
    { connection, concurrency: 20 },
  );
  worker.on('error', () => undefined);
  cleanups.push(async () => {
    await worker.close(true);
    connection.disconnect();
  });
  return runs;
}

describe('the outbox relay', () => {
  test('hands every message on exactly once while two relays compete for them', async () => {
    const { t, server, queues, pool } = await rig();
    const rows = finalizes(300);
    await t.db.insert(outbox).values(rows);
    const runs = counter(server.url, 'finalize-call');
    relayFor(pool, queues).start();
    relayFor(pool, queues).start();
    await waitFor('all messages', async () => (await unsent(t)) === 0, { timeoutMs: 20_000 });
    await waitFor('all jobs', () => runs.size === rows.length, { timeoutMs: 20_000 });
    expect([...runs.values()].every((count) => count === 1)).toBe(true);
  });

  test('is woken by the commit of a message, long before it would have looked again', async () => {
    const { t, server, queues, pool } = await rig();
    const runs = counter(server.url, 'finalize-call');
    relayFor(pool, queues, 600_000).start();
    await waitFor('a listener', async () => {
      const { rows } = await pool.query(`select 1 from pg_stat_activity where query = 'listen outbox'`);
      return rows.length === 1;
    });
    await t.db.insert(outbox).values(finalizes(1));
    await waitFor('the job', () => runs.size === 1, { timeoutMs: 10_000 });
  });

  test('sends nothing that was rolled back', async () => {
    const { t, queues, pool } = await rig();
    await t.db
      .transaction(async (tx) => {
        await tx.insert(outbox).values(finalizes(1));
        throw new Error('changed my mind');
      })
      .catch(() => undefined);
    expect(await relayFor(pool, queues).sendBatch()).toBe(0);
  });

  test('runs a message once that is sent twice because the relay died before it could mark it', async () => {
    const { t, server, queues, pool } = await rig();
    await t.db.insert(outbox).values(finalizes(1));
    const dying = new OutboxRelay({
      pool,
      log,
      send: async (messages) => {
        await queues.send(messages);
        throw new Error('killed here');
      },
    });
    await expect(dying.sendBatch()).rejects.toThrow('killed here');
    expect(await unsent(t)).toBe(1);
    const runs = counter(server.url, 'finalize-call');
    await waitFor('the first run', () => runs.size === 1);
    expect(await relayFor(pool, queues).sendBatch()).toBe(1);
    const completed = await queues.get('finalize-call').getJobCounts('waiting', 'completed', 'active');
    expect(completed).toEqual({ waiting: 0, completed: 1, active: 0 });
    expect([...runs.values()]).toEqual([1]);
  });

  test('runs the last of those that come while one with the same key runs, and never two at once', async () => {
    const { t, server, queues, pool } = await rig();
    const callId = newId();
    let now = 0;
    let most = 0;
    const release: (() => void)[] = [];
    const runs = counter(server.url, 'finalize-call', async () => {
      most = Math.max(most, ++now);
      await new Promise<void>((resolve) => release.push(resolve));
      now--;
    });
    const send = async () => {
      await t.db
        .insert(outbox)
        .values({ name: 'finalize-call', payload: { callId }, key: `finalize:${callId}` });
      await relayFor(pool, queues).sendBatch();
    };
    await send();
    await waitFor('the first run', () => release.length === 1);
    await send();
    await send();
    release[0]?.();
    await waitFor('the second run', () => release.length === 2);
    release[1]?.();
    await waitFor('the end of it', () => now === 0);
    expect(runs.get(callId)).toBe(2);
    expect(most).toBe(1);
    // A finished job with this key does not stand in the way of the next message.
    await send();
    await waitFor('the third run', () => release.length === 3);
    release[2]?.();
  });

  test('skips a message that nobody understands, and goes on with the next', async () => {
    const { t, server, queues, pool } = await rig();
    await t.db
      .insert(outbox)
      .values([
        { name: 'no-such-job', payload: {} },
        { name: 'finalize-call', payload: { callId: 'not an id' } },
        ...finalizes(1),
      ]);
    const runs = counter(server.url, 'finalize-call');
    expect(await relayFor(pool, queues).sendBatch()).toBe(3);
    await waitFor('the good one', () => runs.size === 1);
    expect(await unsent(t)).toBe(0);
  });

  test('goes on by itself when its database connections are cut', async () => {
    const { t, server, queues, pool } = await rig();
    const runs = counter(server.url, 'finalize-call');
    relayFor(pool, queues, 200).start();
    await t.db.insert(outbox).values(finalizes(1));
    await waitFor('the first job', () => runs.size === 1);
    await t.db.execute(
      sql`select pg_terminate_backend(pid) from pg_stat_activity where query = 'listen outbox' and datname = current_database()`,
    );
    await t.db.insert(outbox).values(finalizes(1));
    await waitFor('the second job', () => runs.size === 2);
  });

  test('goes on by itself when Redis was away and has lost everything', async () => {
    const { t, server, queues, pool } = await rig();
    const runs = counter(server.url, 'finalize-call');
    relayFor(pool, queues, 200).start();
    await t.db.insert(outbox).values(finalizes(1));
    await waitFor('the first job', () => runs.size === 1);
    await server.down();
    await t.db.insert(outbox).values(finalizes(5));
    await server.up();
    await waitFor('the others', () => runs.size === 6, { timeoutMs: 25_000 });
    await waitFor('their marks', async () => (await unsent(t)) === 0);
  });
});

test('the purge removes what was sent long ago, and nothing else', async () => {
  const { t, pool } = await rig();
  const [old, fresh, waiting] = finalizes(3).map(({ payload }) => payload);
  await t.db.insert(outbox).values([
    { name: 'finalize-call', payload: old, sentAt: new Date(Date.now() - 90_000_000) },
    { name: 'finalize-call', payload: fresh, sentAt: new Date() },
    { name: 'finalize-call', payload: waiting },
  ]);
  expect(await purgeOutbox(pool, 86_400_000)).toBe(1);
  const left = await t.db.select({ payload: outbox.payload }).from(outbox).orderBy(outbox.id);
  expect(left.map((row) => row.payload)).toEqual([fresh, waiting]);
  expect(await t.db.select().from(outbox).where(eq(outbox.name, 'finalize-call'))).toHaveLength(2);
});
