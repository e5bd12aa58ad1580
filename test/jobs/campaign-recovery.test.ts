import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { beginDial } from '../../core/calls/index.ts';
import { openDatabase } from '../../db/client.ts';
import { attempts } from '../../db/schema/attempts.ts';
import { calls } from '../../db/schema/calls.ts';
import { contacts } from '../../db/schema/contacts.ts';
import { decisions } from '../../db/schema/decisions.ts';
import { reconcileCalls } from '../../jobs/calls/reconcile.ts';
import { OutboxRelay } from '../../jobs/outbox.ts';
import { Queues } from '../../jobs/queues.ts';
import { callLimits, type JobServices } from '../../jobs/services.ts';
import { attemptsOf, dialAndEnd, dialer, runningCampaign } from '../factories/dialer.ts';
import { judgedClean } from '../factories/judged.ts';
import { type TestContext, testContext } from '../harness/context.ts';
import { RedisServer } from './redis-server.ts';

let t: TestContext;
let server: RedisServer;
let redis: Redis;
let queues: Queues;
let handle: ReturnType<typeof openDatabase>;
let relay: OutboxRelay;

beforeEach(async () => {
  t = await testContext();
  server = await RedisServer.start();
  redis = new Redis(server.url, { maxRetriesPerRequest: null });
  redis.on('error', () => undefined);
  queues = new Queues(redis, new Map());
  handle = openDatabase(t.databaseUrl, { max: 2 });
  relay = new OutboxRelay({
    ...{ pool: handle.pool, log: t.services.log },
    send: (outgoing) => queues.send(outgoing),
  });
});
afterEach(async () => {
  await queues.close();
  redis.disconnect();
  await handle.close();
  await server.down();
  await t[Symbol.asyncDispose]();
});

/** The sweep, on a LiveKit that has no room. */
const sweep = () =>
  reconcileCalls({
    ...{ core: t.services, ctx: t.system(), queues, log: t.services.log },
    limits: { ...callLimits, sweepAfterMs: 0 },
    livekit: { rooms: { listParticipants: async () => [], listRooms: async () => [] } },
  } as unknown as JobServices);

async function waitingDials(): Promise<string[]> {
  const jobs = await queues.get('dial-call').getJobs(['waiting', 'delayed', 'prioritized']);
  return jobs.map(({ data }) => (data as { callId: string }).callId).sort();
}

/** What a worker does with the jobs that are there. */
async function work(outcome: 'busy' | 'answered' = 'busy'): Promise<void> {
  for (const callId of await waitingDials()) await dialAndEnd(t, callId, outcome);
  await queues.get('dial-call').obliterate({ force: true });
}

describe('a campaign whose Redis was emptied', () => {
  test('loses nobody and rings nobody twice', async () => {
    const { campaign } = await runningCampaign(t, { people: 6 });
    await dialer(t).look();
    const placed = (await attemptsOf(t, campaign.id)).map(({ id }) => id).sort();
    expect(placed).toHaveLength(6);
    await relay.sendBatch();
    expect(await waitingDials()).toEqual(placed);

    await redis.flushall();
    expect(await waitingDials()).toEqual([]);
    // What the outbox has sent it does not send again: the sweep sees calls that stand still.
    expect(await relay.sendBatch()).toBe(0);
    await t.db.update(calls).set({ updatedAt: new Date(Date.now() - 20_000) });
    await sweep();
    expect(await waitingDials()).toEqual(placed);
    await work();

    await redis.flushall();
    await t.db.update(calls).set({ updatedAt: new Date(Date.now() - 20_000) });
    await sweep();
    expect(await waitingDials()).toEqual([]);
    await everybodyRangOnce(6);
  });

  test('before the outbox was sent: it is sent when Redis is back', async () => {
    const { campaign } = await runningCampaign(t, { people: 3 });
    await dialer(t).look();
    await redis.flushall();
    await relay.sendBatch();
    expect(await waitingDials()).toHaveLength(3);
    // A message that comes a second time, from the sweep, meets a call that is over.
    await work();
    const [first] = await attemptsOf(t, campaign.id);
    expect(await dialAndEnd(t, first?.id ?? '', 'busy')).toBe('the call is over');
    await everybodyRangOnce(3);
  });
});

test('a process that is killed between taking people and ringing them: every one rings once, in the end', async () => {
  const { campaign } = await runningCampaign(t, { people: 4 });
  await dialer(t).look();
  await relay.sendBatch();
  const [killed] = await waitingDials();
  // One was being prepared; the job comes back to another process.
  await beginDial(t.system(), { callId: killed ?? '' });
  await work();
  expect(await t.db.select().from(contacts)).toHaveLength(4);
  await dialer(t).look(Date.now() + 1_000);
  await relay.sendBatch();
  await work();
  const tried = await attemptsOf(t, campaign.id);
  expect(tried.filter(({ state }) => state === 'withdrawn').map(({ id }) => id)).toEqual([killed]);
  await everybodyRangOnce(4);
});

/** Each person: one attempt that rang, one permission for it, and they wait for the next try. */
async function everybodyRangOnce(people: number): Promise<void> {
  const rung = (await t.db.select().from(attempts)).filter(({ dialedAt }) => dialedAt !== null);
  expect(rung).toHaveLength(people);
  expect(new Set(rung.map(({ contactId }) => contactId)).size).toBe(people);
  const permitted = (await t.db.select().from(decisions)).filter(
    ({ stage, allowed }) => stage === 'invite' && allowed,
  );
  expect(permitted.map(({ attemptId }) => attemptId).sort()).toEqual(rung.map(({ id }) => id).sort());
  expect((await judgedClean(t.db)).decisions).toBe(people);
  const states = (await t.db.select().from(contacts)).map(({ state, lastOutcome }) => [state, lastOutcome]);
  expect(states).toEqual(Array.from({ length: people }, () => ['waiting', 'busy']));
}
