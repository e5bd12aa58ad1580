import { expect, test } from 'vitest';
import { beginDial, getCall, placeCall } from '../../core/calls/index.ts';
import { MemoryPacer, trunkBucket, trunkId } from '../../core/campaigns/engine/index.ts';
import { trunkKey } from '../../core/numbers/trunk-key.ts';
import { trunkLimits } from '../../db/schema/trunk-limits.ts';
import { paceQueued } from '../../jobs/calls/pace-queued.ts';
import { NotYet } from '../../jobs/define.ts';
import { attemptsOf, dialer, runningCampaign } from '../factories/dialer.ts';
import { newAgent, newLine } from '../factories/lines.ts';
import { newPerson } from '../factories/people.ts';
import { type TestContext, testContext } from '../harness/context.ts';

const pacing = (pacer = new MemoryPacer(), trunkCallsPerSecond = 1_000) => ({ pacer, trunkCallsPerSecond });

async function trunk(t: TestContext, callsPerSecond: number) {
  const { ctx, workspaceId } = await newPerson(t);
  const agent = await newAgent(ctx);
  const line = await newLine(t, ctx, agent.id);
  const key = trunkKey(line);
  await t.db.insert(trunkLimits).values({ workspaceId, trunk: key, callsPerSecond, maxChannels: 100 });
  const place = async () => (await placeCall(ctx, { fromNumber: line.e164, toNumber: '+14155559876' })).id;
  const pacer = new MemoryPacer();
  const waits: number[] = [];
  const services = { ctx: t.system(), log: t.services.log, pacing: pacing(pacer) };
  const pace = (callId: string) => paceQueued(services, callId, async (ms) => waits.push(ms));
  const forCampaigns = (want: number) =>
    pacer.take(trunkBucket(trunkId(workspaceId, key)), {
      ...{ perSecond: callsPerSecond, burst: callsPerSecond * 2 },
      ...{ want, nowMs: Date.now() },
    });
  return { ctx, place, pace, waits, services, forCampaigns };
}

test('calls by API ring no faster than their trunk takes them, and go before campaigns', async () => {
  await using t = await testContext();
  const { place, pace, waits, forCampaigns } = await trunk(t, 2);
  for (let calls = 0; calls < 7; calls++) await pace(await place());
  // Two seconds' worth at once, the others half a second apart.
  expect(waits).toHaveLength(3);
  expect(waits).toEqual([...waits].sort((one, other) => one - other));
  expect(waits.at(-1)).toBeGreaterThan(1_000);
  expect(waits.at(-1)).toBeLessThanOrEqual(1_500);
  expect(await forCampaigns(1)).toBe(0);
});

test('a call that would wait longer stays queued, and takes nobody’s place', async () => {
  await using t = await testContext();
  const { ctx, place, pace, waits } = await trunk(t, 0.5);
  const made: string[] = [];
  for (let calls = 0; calls < 4; calls++) made.push(await place());
  const told: unknown[] = [];
  for (const callId of made) told.push(await pace(callId).catch((error: unknown) => error));
  expect(told.slice(0, 3)).toEqual([undefined, undefined, undefined]);
  expect(told[3]).toBeInstanceOf(NotYet);
  expect((await getCall(ctx, { callId: made[3] ?? '' })).call.status).toBe('queued');
  // It is asked for again later, and finds the place that it left.
  const again = await pace(made[3] ?? '').catch((error: unknown) => error);
  expect(again).toBeInstanceOf(NotYet);
  expect(Math.max(...waits)).toBeLessThanOrEqual(5_000);
});

test('calls that have rung already, and those of campaigns, do not wait here', async () => {
  await using t = await testContext();
  const { place, pace, waits } = await trunk(t, 0.01);
  const [first, second] = [await place(), await place()];
  await pace(first);
  await beginDial(t.system(), { callId: second });
  await pace(second);
  const { campaign } = await runningCampaign(t, { people: 1 });
  await dialer(t, {}).warm();
  await dialer(t).look();
  await pace((await attemptsOf(t, campaign.id))[0]?.id ?? '');
  expect(waits).toEqual([]);
});

test('a Redis that does not answer holds no call back', async () => {
  await using t = await testContext();
  const { place, services } = await trunk(t, 1);
  const deaf = Object.assign(new MemoryPacer(), { reserve: () => Promise.reject(new Error('no Redis')) });
  await paceQueued({ ...services, pacing: pacing(deaf) }, await place());
});
