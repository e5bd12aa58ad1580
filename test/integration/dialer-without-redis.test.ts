import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { RedisFleet } from '../../adapters/fleet.ts';
import { RedisPacer } from '../../adapters/redis-pacer.ts';
import { tick } from '../../core/campaigns/engine/index.ts';
import { heartbeatKey } from '../../core/fleet.ts';
import { Dialer } from '../../jobs/campaigns/dialer.ts';
import { openHastyRedis } from '../../jobs/redis.ts';
import { waitFor } from '../../platform/retry.ts';
import { attemptsOf, host, roomy, runningCampaign } from '../factories/dialer.ts';
import { type TestContext, testContext } from '../harness/context.ts';
import { RedisServer } from '../jobs/redis-server.ts';

let t: TestContext;
let server: RedisServer;
let redis: ReturnType<typeof openHastyRedis>;
beforeAll(async () => {
  t = await testContext();
  server = await RedisServer.start();
  redis = openHastyRedis(server.url, t.services.log, 'test');
  Object.assign(t.ports, { fleet: new RedisFleet(redis) });
});
afterAll(async () => {
  redis?.disconnect();
  await server?.down();
  await t?.[Symbol.asyncDispose]();
});

const report = () => redis.set(heartbeatKey('one'), JSON.stringify(host(10)));
const look = () => tick(t.system(), { pacer: new RedisPacer(redis), limits: roomy });

/** Whether the dialer's lock is free: another process could look. */
async function lockIsFree(): Promise<boolean> {
  const { rows } = await t.db.execute<{ got: boolean }>(
    sql`select pg_try_advisory_xact_lock(hashtextextended('dialer tick', 0)) as got`,
  );
  return rows[0]?.got === true;
}

test('a look fails promptly while Redis is away, frees the lock, and the next one places what was due', async () => {
  const { campaign } = await runningCampaign(t, { people: 3 });
  await waitFor('Redis', () => redis.status === 'ready');
  await server.down();
  await waitFor('the connection to be lost', () => redis.status !== 'ready');
  await expect(look()).rejects.toThrow();
  expect(await lockIsFree()).toBe(true);

  await server.up();
  await waitFor('Redis to be back', () => redis.status === 'ready');
  await report();
  // The first look after a loss begins slowly.
  await waitFor('calls', async () => ((await look())?.placed ?? 0) > 0, { timeoutMs: 20_000, everyMs: 100 });
  expect((await attemptsOf(t, campaign.id)).length).toBeGreaterThan(0);
});

test('a look that Redis does not answer fails too, and the dialer goes on by itself when it answers again', async () => {
  const { campaign } = await runningCampaign(t, { people: 3 });
  const dialer = new Dialer({
    ...{ ctx: t.system(), pacer: new RedisPacer(redis), limits: roomy, log: t.services.log, everyMs: 50 },
  });
  server.freeze();
  try {
    await expect(look()).rejects.toThrow(/timed out/i);
    dialer.start();
  } finally {
    server.thaw();
  }
  await report();
  await waitFor('its calls', async () => (await attemptsOf(t, campaign.id)).length === 3, {
    timeoutMs: 20_000,
  });
  await dialer.stop();
});
