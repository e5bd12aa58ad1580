import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { RedisPacer } from '../../adapters/redis-pacer.ts';
import { MemoryPacer, type Pacer } from '../../core/campaigns/engine/index.ts';
import { RedisServer } from './redis-server.ts';

let server: RedisServer;
let redis: Redis;
beforeAll(async () => {
  server = await RedisServer.start();
  redis = new Redis(server.url);
});
afterAll(async () => {
  redis?.disconnect();
  await server?.down();
});

describe.each<[string, () => Pacer]>([
  ['in memory', () => new MemoryPacer()],
  ['in Redis', () => new RedisPacer(redis)],
])('the pacer %s', (name, make) => {
  const start = 1_700_000_000_000;
  const fill = (want: number, ms: number) => ({ perSecond: 5, burst: 10, want, nowMs: start + ms });

  test('begins with a full bucket, fills it by the second, and never above its rim', async () => {
    const pacer = make();
    const bucket = `${name} one`;
    expect(await pacer.take(bucket, fill(100, 0))).toBe(10);
    expect(await pacer.take(bucket, fill(1, 100))).toBe(0);
    expect(await pacer.take(bucket, fill(100, 1_000))).toBe(5);
    expect(await pacer.take(bucket, fill(100, 60_000))).toBe(10);
    // A clock of another machine that is behind takes nothing away.
    expect(await pacer.take(bucket, fill(100, 50_000))).toBe(0);
    expect(await pacer.take(bucket, fill(100, 60_400))).toBe(2);
  });

  test('does not wait for a clock that was an hour ahead and has been put right', async () => {
    const pacer = make();
    const bucket = `${name} clock`;
    expect(await pacer.take(bucket, fill(100, 3_600_000))).toBe(10);
    expect(await pacer.take(bucket, fill(100, 0))).toBe(0);
    expect(await pacer.take(bucket, fill(100, 1_000))).toBe(5);
  });

  test('lends a token to somebody who waits, and nobody else gets one before them', async () => {
    const pacer = make();
    const bucket = `${name} lent`;
    expect(await pacer.take(bucket, fill(9, 0))).toBe(9);
    const reserved = [0, 0, 0].map(() => pacer.reserve(bucket, fill(0, 0)));
    expect(await Promise.all(reserved)).toEqual([0, 200, 400]);
    expect(await pacer.take(bucket, fill(1, 400))).toBe(0);
    expect(await pacer.take(bucket, fill(9, 800))).toBe(2);
  });

  test('takes tokens back that were not needed', async () => {
    const pacer = make();
    const bucket = `${name} two`;
    expect(await pacer.take(bucket, fill(8, 0))).toBe(8);
    await pacer.giveBack(bucket, 6);
    expect(await pacer.take(bucket, fill(100, 0))).toBe(8);
    await pacer.giveBack(bucket, 0);
    expect(await pacer.take(bucket, fill(100, 0))).toBe(0);
  });

  test('of many at once gives no token twice', async () => {
    const pacer = make();
    const taken = await Promise.all(
      Array.from({ length: 20 }, () => pacer.take(`${name} three`, fill(3, 0))),
    );
    expect(taken.reduce((sum, one) => sum + one, 0)).toBe(10);
  });

  test('remembers the pace of a trunk', async () => {
    const pacer = make();
    expect(await pacer.readPace(`${name} trunk`)).toBeNull();
    const pace = { factor: 0.5, atMs: start, holdUntilMs: start + 1 };
    await pacer.writePace(`${name} trunk`, pace);
    expect(await pacer.readPace(`${name} trunk`)).toEqual(pace);
  });
});

test('a pace that nobody can read is none', async () => {
  await redis.set('trunkline:dialer:pace:odd', '{');
  expect(await new RedisPacer(redis).readPace('odd')).toBeNull();
});
