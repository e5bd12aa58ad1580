import { eq } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { beginDial, clearDial, finalizeCall, putOffDial } from '../../core/calls/index.ts';
import { inviteBucket, MemoryPacer, trunkId } from '../../core/campaigns/engine/index.ts';
import { attempts } from '../../db/schema/attempts.ts';
import { calls } from '../../db/schema/calls.ts';
import { trunkLimits } from '../../db/schema/trunk-limits.ts';
import { paceInvite } from '../../jobs/calls/pace-invite.ts';
import { newId } from '../../platform/ids.ts';
import { attemptsOf, contactOf, dialer, runningCampaign } from '../factories/dialer.ts';
import { type TestContext, testContext } from '../harness/context.ts';

/** Calls that were placed while nobody dialed, and what each is told to wait when all are ready at once. */
async function backlog(t: TestContext, people: number, callsPerSecond: number) {
  const made = await runningCampaign(t, { people });
  await dialer(t, {}).warm();
  await dialer(t).look();
  const placed = await attemptsOf(t, made.campaign.id);
  const [first] = placed;
  if (!first) throw new Error('Nothing was placed.');
  await t.db.insert(trunkLimits).values({ ...made, trunk: first.trunk, callsPerSecond, maxChannels: 100 });
  const pacer = new MemoryPacer();
  const waits: number[] = [];
  const pace = (callId: string) =>
    paceInvite(
      { ctx: t.system(), log: t.services.log, pacing: { pacer, trunkCallsPerSecond: 1_000 } },
      callId,
      async (ms) => waits.push(ms),
    );
  const bucket = inviteBucket(trunkId(made.workspaceId, first.trunk));
  return { ...made, placed, pacer, bucket, waits, pace };
}

test('calls that pile up ring no faster than their trunk takes them, and one that would wait too long not at all', async () => {
  await using t = await testContext();
  const { placed, pacer, bucket, waits, pace } = await backlog(t, 14, 0.5);
  expect(placed).toHaveLength(14);
  const may: boolean[] = [];
  for (const { id } of placed) may.push(await pace(id));
  // One at once, the others two seconds apart, up to ten.
  expect([may[0], may[5], may.at(-1)]).toEqual([true, true, false]);
  expect(waits).toHaveLength(may.filter(Boolean).length - 1);
  expect(waits).toEqual([...waits].sort((one, other) => one - other));
  expect(Math.max(...waits)).toBeLessThanOrEqual(10_000);
  // Who was turned away takes nobody's place.
  expect(await pacer.reserve(bucket, { perSecond: 0.5, burst: 1, nowMs: Date.now() })).toBeLessThanOrEqual(
    12_000,
  );
});

test('what is no call of a campaign does not wait', async () => {
  await using t = await testContext();
  const { waits, pace } = await backlog(t, 1, 0.1);
  expect([await pace(newId()), await pace(newId()), waits]).toEqual([true, true, []]);
});

test('a call that is put off leaves its person waiting, and one that may ring is left alone', async () => {
  await using t = await testContext();
  const { placed, contacts } = await backlog(t, 2, 1);
  const [late, cleared] = placed;
  if (!late || !cleared) throw new Error('Two people, two calls.');
  for (const { id: callId } of placed) await beginDial(t.system(), { callId });
  await clearDial(t.system(), { callId: cleared.id });
  for (const { id: callId } of placed) await putOffDial(t.system(), { callId, reason: 'trunk_busy' });
  const attempt = async (id: string) => (await t.db.select().from(attempts).where(eq(attempts.id, id)))[0];
  const call = async (id: string) => (await t.db.select().from(calls).where(eq(calls.id, id)))[0];
  expect(await attempt(cleared.id)).toMatchObject({ state: 'dialing' });
  expect(await call(cleared.id)).toMatchObject({ status: 'dialing', dialOutcome: null });
  expect(await attempt(late.id)).toMatchObject({
    ...{ state: 'withdrawn', outcome: 'trunk_busy', dialedAt: null, costMicros: 0 },
  });
  expect(await call(late.id)).toMatchObject({ status: 'ended', dialOutcome: 'canceled', dialedAt: null });
  await finalizeCall(t.system(), { callId: late.id });
  expect(await contactOf(t, late.contactId)).toMatchObject({ state: 'waiting', reservedAt: null });
  expect(contacts).toHaveLength(2);
});
