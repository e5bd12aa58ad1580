import { eq } from 'drizzle-orm';
import { expect, test } from 'vitest';
import {
  abandonCall,
  beginDial,
  type DialRoute,
  endCall,
  finalizeCall,
  listOpenCalls,
  placeCall,
  recordDialOutcome,
  recordEvents,
} from '../../core/calls/index.ts';
import { deleteSip, recordSync } from '../../core/numbers/index.ts';
import { calls } from '../../db/schema/calls.ts';
import { newId } from '../../platform/ids.ts';
import { conversation, eventsOf } from '../factories/events.ts';
import { newAgent, newLine } from '../factories/lines.ts';
import { newPerson } from '../factories/people.ts';
import { type TestContext, testContext } from '../harness/context.ts';

const toNumber = '+14155559876';

async function queuedCall(t: TestContext) {
  const { ctx } = await newPerson(t);
  const line = await newLine(t, ctx, (await newAgent(ctx)).id);
  const { id: callId } = await placeCall(ctx, { fromNumber: line.e164, toNumber });
  return { ctx, line, callId };
}

const rowOf = async (t: TestContext, callId: string) =>
  (await t.db.select().from(calls).where(eq(calls.id, callId)))[0];

const isRoute = (order: object): order is DialRoute => 'plan' in order;

test('of dials at the same moment exactly one sends an INVITE; every other is told to look', async () => {
  await using t = await testContext();
  const { callId, line } = await queuedCall(t);
  const orders = await Promise.all([1, 2, 3, 4].map(() => beginDial(t.system(), { callId })));
  const routes = orders.filter(isRoute);
  expect(routes).toHaveLength(4);
  expect(routes.filter((route) => !route.resume)).toHaveLength(1);
  expect(routes[0]).toMatchObject({
    trunk: { outboundTrunkId: 'ST_out', fromNumber: line.e164 },
    toNumber,
    plan: { callId, epoch: 1, roomName: `call-${callId}`, callerIdentity: `caller-${callId}` },
  });
  expect(await rowOf(t, callId)).toMatchObject({ status: 'dialing', dialedAt: expect.any(Date) });
});

test.each(['busy', 'no_answer', 'rejected', 'failed', 'canceled', 'unknown'] as const)(
  'a call whose ringing ends as %s ends with that disposition and the SIP status in words',
  async (outcome) => {
    await using t = await testContext();
    const { callId } = await queuedCall(t);
    await beginDial(t.system(), { callId });
    await recordDialOutcome(t.system(), {
      callId,
      outcome,
      sipStatus: 486,
      sipReason: 'Busy Here',
      detail: 'The line is busy.',
    });
    expect(await finalizeCall(t.system(), { callId })).toBe('finalized');
    expect(await rowOf(t, callId)).toMatchObject({
      ...{ status: 'ended', disposition: outcome, durationMs: 0, sipStatus: 486, sipReason: 'Busy Here' },
      endReason: `dial_${outcome}`,
      endDetail: 'The line is busy.',
    });
    expect(await beginDial(t.system(), { callId })).toEqual({ skip: 'the call is over' });
  },
);

test('the first outcome counts', async () => {
  await using t = await testContext();
  const { callId } = await queuedCall(t);
  await beginDial(t.system(), { callId });
  await recordDialOutcome(t.system(), { callId, outcome: 'busy' });
  const again = await recordDialOutcome(t.system(), { callId, outcome: 'answered' });
  expect(again).toMatchObject({ status: 'ended', dialOutcome: 'busy', answeredAt: null });
});

test('an answered call is active, whoever reports it first, and the time of the worker counts', async () => {
  await using t = await testContext();
  for (const dialFirst of [true, false]) {
    const { callId } = await queuedCall(t);
    await beginDial(t.system(), { callId });
    const answer = () => recordDialOutcome(t.system(), { callId, outcome: 'answered' });
    if (dialFirst) expect(await answer()).toMatchObject({ status: 'active', answeredAt: expect.any(Date) });
    await recordEvents(t.system(), { events: eventsOf(callId, conversation().slice(0, 4)) });
    if (!dialFirst) await answer();
    expect(await rowOf(t, callId)).toMatchObject({
      status: 'active',
      dialOutcome: 'answered',
      answeredAt: new Date(1_700_000_002_000),
    });
    expect(await beginDial(t.system(), { callId })).toEqual({ skip: 'the call is answered' });
  }
});

test('a worker that heard the answer is believed more than a dial job that did not', async () => {
  await using t = await testContext();
  const { callId } = await queuedCall(t);
  await beginDial(t.system(), { callId });
  await recordEvents(t.system(), { events: eventsOf(callId, conversation()) });
  await recordDialOutcome(t.system(), { callId, outcome: 'unknown', detail: 'The dial job was restarted.' });
  await finalizeCall(t.system(), { callId });
  expect(await rowOf(t, callId)).toMatchObject({ disposition: 'completed', endReason: 'caller_hung_up' });
});

test('a call that the worker left before the dial job has spoken waits for the reason', async () => {
  await using t = await testContext();
  const { callId } = await queuedCall(t);
  await beginDial(t.system(), { callId });
  await recordEvents(t.system(), {
    events: eventsOf(callId, [{ type: 'ended', reason: 'caller_never_joined', detail: '' }]),
  });
  expect(await finalizeCall(t.system(), { callId })).toBe('waiting');
  // A dial job that is run again, because its process died, has to look what became of the leg.
  expect(await beginDial(t.system(), { callId })).toMatchObject({ resume: true, plan: { callId } });
  await recordDialOutcome(t.system(), { callId, outcome: 'busy', detail: 'The line is busy.' });
  expect(await beginDial(t.system(), { callId })).toEqual({ skip: 'the call is over' });
  expect(await finalizeCall(t.system(), { callId })).toBe('finalized');
  expect(await rowOf(t, callId)).toMatchObject({ disposition: 'busy', endDetail: 'The line is busy.' });
});

test('a call that was to be ended while it rang is canceled, whatever the carrier said', async () => {
  await using t = await testContext();
  const { ctx, callId } = await queuedCall(t);
  await beginDial(t.system(), { callId });
  await endCall(ctx, { callId });
  await recordDialOutcome(t.system(), { callId, outcome: 'failed' });
  await finalizeCall(t.system(), { callId });
  expect(await rowOf(t, callId)).toMatchObject({ disposition: 'canceled' });
});

test('a call that was canceled in the queue is never dialed', async () => {
  await using t = await testContext();
  const { ctx, callId } = await queuedCall(t);
  await endCall(ctx, { callId });
  expect(await beginDial(t.system(), { callId })).toEqual({ skip: 'the call is over' });
  await finalizeCall(t.system(), { callId });
  expect(await rowOf(t, callId)).toMatchObject({ disposition: 'canceled', dialedAt: null });
});

test('a trunk that is not there is a reason to try later; a number that is gone ends the call', async () => {
  await using t = await testContext();
  const { ctx, callId, line } = await queuedCall(t);
  await recordSync(t.system(), {
    phoneNumberId: line.id,
    ...{ inboundTrunkId: null, outboundTrunkId: null, dispatchRuleId: null, error: 'refused' },
  });
  await expect(beginDial(t.system(), { callId })).rejects.toMatchObject({ code: 'unavailable' });
  expect(await rowOf(t, callId)).toMatchObject({ status: 'queued' });
  await deleteSip(ctx, { phoneNumber: line.e164 });
  expect(await beginDial(t.system(), { callId })).toHaveProperty('skip');
  await finalizeCall(t.system(), { callId });
  expect(await rowOf(t, callId)).toMatchObject({ status: 'ended', disposition: 'failed', dialedAt: null });
});

test('the sweep finds calls that stand still, and its verdict closes a dial that nobody can explain', async () => {
  await using t = await testContext();
  const { callId } = await queuedCall(t);
  await beginDial(t.system(), { callId });
  expect(await listOpenCalls(t.system(), { olderThanMs: 60_000 })).toEqual([]);
  await t.db.update(calls).set({ updatedAt: new Date(Date.now() - 61_000) });
  expect(await listOpenCalls(t.system(), { olderThanMs: 60_000 })).toMatchObject([{ id: callId }]);
  await abandonCall(t.system(), { callId, reason: 'lost', detail: 'The room is gone.' });
  await finalizeCall(t.system(), { callId });
  expect(await rowOf(t, callId)).toMatchObject({ status: 'ended', disposition: 'unknown' });
  await t.db.update(calls).set({ updatedAt: new Date(Date.now() - 61_000) });
  expect(await listOpenCalls(t.system(), { olderThanMs: 60_000 })).toEqual([]);
});

test('dialing belongs to our own processes and to calls that exist', async () => {
  await using t = await testContext();
  const { ctx, callId } = await queuedCall(t);
  await expect(beginDial(ctx, { callId })).rejects.toMatchObject({ code: 'forbidden' });
  await expect(beginDial(t.system(), { callId: newId() })).rejects.toMatchObject({ code: 'not_found' });
  await expect(recordDialOutcome(t.system(), { callId: newId(), outcome: 'busy' })).rejects.toMatchObject({
    code: 'not_found',
  });
});
