import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { TokenVerifier } from 'livekit-server-sdk';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RedisFleet } from '../../../adapters/fleet.ts';
import { LiveKitRooms } from '../../../adapters/rooms.ts';
import { failureOf } from '../../../control-plane/http/errors.ts';
import { BullCallNudges } from '../../../control-plane/inbound/call-nudges.ts';
import { getCallPlan, startWebCall } from '../../../core/calls/index.ts';
import { heartbeatKey } from '../../../core/fleet.ts';
import { newAgent } from '../../factories/lines.ts';
import { newPerson } from '../../factories/people.ts';
import { testContext } from '../../harness/context.ts';
import { type RunningRedis, startRedis } from '../../harness/redis.ts';

const livekit = {
  url: 'ws://127.0.0.1:1',
  httpUrl: 'http://127.0.0.1:1',
  apiKey: 'key',
  apiSecret: 'a secret of at least 32 characters, really',
};

describe('a visitor token', () => {
  it('opens one room, for a microphone, for a short time, and names the agent without its plan', async () => {
    await using t = await testContext();
    const ada = await newPerson(t);
    await newAgent(ada.ctx, {
      webSlug: 'token',
      definition: { systemPrompt: 'the secret prompt', functions: [] },
    });
    const { call } = await startWebCall(t.anonymous, { agent: 'token' });
    const plan = await getCallPlan(t.system(), { callId: call.id, epoch: 1 });
    const rooms = new LiveKitRooms({ livekit, agentName: 'trunkline', browserUrl: 'wss://talk.test' });
    const { token, url } = await rooms.issueVisitorToken({
      plan,
      identity: 'v',
      name: 'Visitor',
      ttlMs: 60_000,
    });
    expect(url).toBe('wss://talk.test');
    const claims = await new TokenVerifier(livekit.apiKey, livekit.apiSecret).verify(token);
    expect(claims.video).toEqual({
      roomJoin: true,
      room: plan.roomName,
      canSubscribe: true,
      canPublish: true,
      canPublishSources: ['microphone'],
      canPublishData: false,
    });
    expect((claims.exp ?? 0) - Date.now() / 1_000).toBeLessThanOrEqual(61);
    const [dispatch] = claims.roomConfig?.agents ?? [];
    expect(dispatch?.agentName).toBe('trunkline');
    expect(JSON.parse(dispatch?.metadata ?? '')).toEqual({ kind: 'call', callId: call.id, epoch: 1 });
    expect(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()).not.toContain('secret prompt');
  });
});

describe('on Redis', () => {
  let server: RunningRedis;
  let redis: Redis;
  beforeAll(async () => {
    server = await startRedis();
    redis = new Redis(server.url);
  });
  afterAll(async () => {
    redis.disconnect();
    await server.stop();
  });

  const heartbeat = (hostId: string) => ({
    ...{ hostId, agentName: 'trunkline', pid: 1, slots: 6, active: 1, calls: [], draining: false },
    ...{ loopDelayMs: 1, rssBytes: 1, nodeVersion: 'v24', at: 1 },
  });

  it('the fleet is every host that reports in a form we know, and the counter of open rooms', async () => {
    const fleet = new RedisFleet(redis);
    expect(await fleet.hosts()).toEqual([]);
    expect(await fleet.activeRooms()).toBe(0);
    for (let n = 0; n < 30; n++) await redis.set(heartbeatKey(`h${n}`), JSON.stringify(heartbeat(`h${n}`)));
    await redis.set(heartbeatKey('from-the-future'), '{"version":9}');
    await redis.set(heartbeatKey('broken'), 'not json');
    await redis.set('livekit:active_calls', '4');
    expect((await fleet.hosts()).map((host) => host.hostId).sort()).toEqual(
      Array.from({ length: 30 }, (_, n) => `h${n}`).sort(),
    );
    expect(await fleet.activeRooms()).toBe(4);
  });

  it('a nudge becomes one job of its queue, however often it is given', async () => {
    const nudges = new BullCallNudges(redis);
    const callId = randomUUID();
    await nudges.rescue({ callId, epoch: 1 }, 0);
    await nudges.rescue({ callId, epoch: 1 }, 0);
    await nudges.finalize(callId, 1_000);
    expect(await redis.llen('bull:rescue-call:wait')).toBe(1);
    expect(await redis.zcard('bull:finalize-call:delayed')).toBe(1);
    await nudges.close();
    expect(await redis.ping()).toBe('PONG');
  });
});

describe('a failure', () => {
  it('of the storage is told as 503, anything unknown as 500 without its text', () => {
    const refused = Object.assign(new Error('connect ECONNREFUSED 10.0.0.5:5432'), { code: 'ECONNREFUSED' });
    expect(failureOf(new Error('Failed query: select secret', { cause: refused }))).toMatchObject({
      status: 503,
    });
    const unknown = failureOf(new Error('secret detail'));
    expect(unknown.status).toBe(500);
    expect(JSON.stringify(unknown)).not.toContain('secret');
    expect(failureOf('a thrown string').status).toBe(500);
  });

  it('takes a database that goes in the middle of a request or a transaction for one that is away', async () => {
    await using t = await testContext();
    const { $client: pool } = t.db;
    const leave = 'select pg_terminate_backend(pg_backend_pid())';
    const thrown = [
      await t.db.transaction((tx) => tx.execute(leave)).catch((error: unknown) => error),
      await pool.query(leave).catch((error: unknown) => error),
    ];
    const client = await pool.connect();
    client.on('error', () => undefined);
    const asked = client.query('select pg_sleep(60)').catch((error: unknown) => error);
    // As a server that was killed: no word of farewell.
    Reflect.get(client, 'connection').stream.destroy();
    thrown.push(await asked);
    client.release(true);
    expect(thrown.map((error) => failureOf(error).status)).toEqual([503, 503, 503]);
  });
});
