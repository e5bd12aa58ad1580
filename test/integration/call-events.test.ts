import { eq } from 'drizzle-orm';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  abandonCall,
  beginRescue,
  type CallEvent,
  type CallEventBody,
  finalizeCall,
  getCall,
  getCallPlan,
  recordEvents,
  startInboundCall,
} from '../../core/calls/index.ts';
import { callEvents } from '../../db/schema/call-events.ts';
import { calls } from '../../db/schema/calls.ts';
import { outbox } from '../../db/schema/outbox.ts';
import { turnLatencies } from '../../db/schema/turn-latencies.ts';
import { newId } from '../../platform/ids.ts';
import { conversation, eventsOf } from '../factories/events.ts';
import { newAgent, newLine } from '../factories/lines.ts';
import { newPerson } from '../factories/people.ts';
import { type TestContext, testContext } from '../harness/context.ts';

/** Somebody with a line; every call of `newCall` rings on it. */
async function desk(t: TestContext) {
  const { ctx } = await newPerson(t);
  const line = await newLine(t, ctx, (await newAgent(ctx)).id);
  const newCall = async () =>
    (await startInboundCall(t.system(), { phoneNumberId: line.id, roomName: newId() })).callId;
  return { ctx, newCall };
}

const rowOf = async (t: TestContext, callId: string) => {
  const [row] = await t.db.select().from(calls).where(eq(calls.id, callId));
  if (!row) throw new Error('no such call');
  return row;
};

const finalizeOrders = (t: TestContext) => t.db.select().from(outbox).where(eq(outbox.name, 'finalize-call'));

test('however events are cut, doubled and shuffled, the call ends up the same', async () => {
  await using t = await testContext();
  const { ctx, newCall } = await desk(t);
  const bodies = conversation();
  const reference = await newCall();
  await recordEvents(t.system(), { events: eventsOf(reference, bodies) });
  const expected = await rowOf(t, reference);
  const order = fc
    .shuffledSubarray([...bodies.keys(), ...bodies.keys()], { minLength: bodies.length * 2 })
    .chain((indexes) =>
      fc.tuple(fc.constant(indexes), fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 16 })),
    );
  await fc.assert(
    fc.asyncProperty(order, fc.boolean(), async ([indexes, sizes], atOnce) => {
      const callId = await newCall();
      const events = eventsOf(callId, bodies);
      const batches = cut(
        indexes.flatMap((index) => events[index] ?? []),
        sizes,
      );
      const record = (batch: CallEvent[]) => recordEvents(t.system(), { events: batch });
      if (atOnce) await Promise.all(batches.map(record));
      else for (const batch of batches) await record(batch);
      const row = await rowOf(t, callId);
      expect({ ...row, ...whatIsItsOwn(expected) }).toEqual(expected);
      expect((await getCall(ctx, { callId })).events).toEqual(events);
    }),
    { numRuns: 25 },
  );
  const orders = await finalizeOrders(t);
  expect(new Set(orders.map((message) => message.key)).size).toBe(orders.length);
});

/** In what two calls differ that went the same way. */
const whatIsItsOwn = ({ id, roomName, queuedAt, createdAt, updatedAt }: typeof calls.$inferSelect) => ({
  ...{ id, roomName, queuedAt, createdAt, updatedAt },
});

function cut<T>(items: readonly T[], sizes: readonly number[]): T[][] {
  const batches: T[][] = [];
  let from = 0;
  for (const size of sizes) {
    if (from >= items.length) break;
    batches.push(items.slice(from, from + size));
    from += size;
  }
  if (from < items.length) batches.push(items.slice(from));
  return batches;
}

test('a gap holds the call back until what is missing comes, and only then it may be finalized', async () => {
  await using t = await testContext();
  const { newCall } = await desk(t);
  const callId = await newCall();
  const events = eventsOf(callId, conversation());
  const missing = events.splice(2, 1);
  await recordEvents(t.system(), { events });
  expect(await rowOf(t, callId)).toMatchObject({ status: 'ringing', appliedSeq: 2, answeredAt: null });
  expect(await finalizeCall(t.system(), { callId })).toBe('waiting');
  expect(await finalizeOrders(t)).toEqual([]);
  await recordEvents(t.system(), { events: missing });
  expect(await rowOf(t, callId)).toMatchObject({ status: 'ended', appliedSeq: 8 });
  expect(await finalizeOrders(t)).toMatchObject([{ payload: { callId } }]);
  expect(await finalizeCall(t.system(), { callId })).toBe('finalized');
});

test('finalizing prices what the workers say they have used, and says when one of them could not', async () => {
  await using t = await testContext();
  const { newCall } = await desk(t);
  const models = [
    {
      type: 'llm_usage',
      provider: 'openai',
      model: 'gpt-4o',
      inputTokens: 1_000,
      inputCachedTokens: 0,
      outputTokens: 100,
    },
    { type: 'stt_usage', provider: 'local', model: 'nova-3', audioDurationMs: 60_000 },
  ];
  const [told, silent] = [await newCall(), await newCall()];
  const bodies = conversation();
  const whole = [...bodies.slice(0, -1), { type: 'usage' as const, models }, ...bodies.slice(-1)];
  await recordEvents(t.system(), { events: [...eventsOf(told, whole), ...eventsOf(silent, bodies)] });
  for (const callId of [told, silent]) await finalizeCall(t.system(), { callId });
  expect((await rowOf(t, told)).cost).toMatchObject({
    ...{ currency: 'USD', micros: 3_500, isComplete: true },
    parts: [{ micros: 2_500 }, { micros: 1_000 }, { provider: 'local', micros: 0 }],
  });
  expect((await rowOf(t, silent)).cost).toMatchObject({ micros: 0, isComplete: false });
});

test('finalizing gives disposition and duration, once', async () => {
  await using t = await testContext();
  const { newCall } = await desk(t);
  const callId = await newCall();
  await recordEvents(t.system(), { events: eventsOf(callId, conversation()) });
  const answers = await Promise.all([1, 2, 3].map(() => finalizeCall(t.system(), { callId })));
  expect(answers).toEqual(['finalized', 'finalized', 'finalized']);
  const row = await rowOf(t, callId);
  expect(row).toMatchObject({ disposition: 'completed', durationMs: 5_000, turnCount: 3 });
  await finalizeCall(t.system(), { callId });
  expect(await rowOf(t, callId)).toEqual(row);
  await expect(finalizeCall(t.system(), { callId: newId() })).rejects.toMatchObject({ code: 'not_found' });
});

test('events of unknown calls are dropped, and those beside them are kept', async () => {
  await using t = await testContext();
  const { newCall } = await desk(t);
  const callId = await newCall();
  const joined: CallEventBody = { type: 'agent.joined', hostId: 'h', identity: 'a' };
  await recordEvents(t.system(), {
    events: [...eventsOf(newId(), [joined]), ...eventsOf(callId, [joined])],
  });
  expect(await t.db.select().from(callEvents)).toMatchObject([{ callId }]);
});

test('text that PostgreSQL cannot hold does not lose the event', async () => {
  await using t = await testContext();
  const { ctx, newCall } = await desk(t);
  const callId = await newCall();
  const bodies: CallEventBody[] = [
    { type: 'user.turn', text: 'a\0b\uD800c 😀', startedAt: 1, endedAt: 2 },
    {
      type: 'tool.returned',
      toolCallId: '1',
      name: 't',
      ok: true,
      result: { 'k\0': ['\uDFFF'] },
      durationMs: 1,
    },
  ];
  await recordEvents(t.system(), { events: eventsOf(callId, bodies) });
  const { transcript } = await getCall(ctx, { callId });
  expect(transcript).toMatchObject([{ text: 'a\uFFFDb\uFFFDc 😀' }]);
});

test('a rescuer gets what was said so far, and the transcript runs on across both workers', async () => {
  await using t = await testContext();
  const { ctx, newCall } = await desk(t);
  const callId = await newCall();
  const first = eventsOf(callId, conversation().slice(0, 7));
  await recordEvents(t.system(), { events: first });
  const plan = await beginRescue(t.system(), { callId, epoch: 1 });
  expect(plan).toMatchObject({
    epoch: 2,
    resume: {
      history: [
        { role: 'agent', text: 'Hello!' },
        { role: 'user', text: 'When are you open?' },
        { role: 'agent', text: 'From nine to six.' },
      ],
      answeredAt: 1_700_000_002_000,
    },
  });
  expect(await getCallPlan(t.system(), { callId, epoch: 2 })).toEqual(plan);
  await expect(getCallPlan(t.system(), { callId, epoch: 1 })).rejects.toMatchObject({ code: 'conflict' });
  const startAt = 1_700_000_060_000;
  const second: CallEventBody[] = [
    { type: 'agent.joined', hostId: 'host-2', identity: 'agent-2' },
    { type: 'user.turn', text: 'Hello?', startedAt: startAt, endedAt: startAt + 500 },
    { type: 'ended', reason: 'caller_hung_up', detail: '' },
  ];
  await recordEvents(t.system(), { events: eventsOf(callId, second, { epoch: 2, startAt }) });
  await finalizeCall(t.system(), { callId });
  const { call, transcript } = await getCall(ctx, { callId });
  expect(call).toMatchObject({ disposition: 'completed', turnCount: 4, durationMs: 60_000 });
  expect(transcript.map((turn) => turn.text)).toEqual([
    'Hello!',
    'When are you open?',
    'From nine to six.',
    'Hello?',
  ]);
});

test('a rescuer knows what was done already, and what may have been: nothing is booked twice', async () => {
  await using t = await testContext();
  const { newCall } = await desk(t);
  const callId = await newCall();
  const [toolCallId, name] = ['call_0', 'book_table'];
  const bodies: CallEventBody[] = [
    ...conversation().slice(0, 7),
    { type: 'tool.called', toolCallId, name, arguments: { guests: 2 } },
    { type: 'tool.returned', toolCallId, name, ok: true, result: 'x'.repeat(9_000), durationMs: 5 },
    { type: 'tool.called', toolCallId, name: 'send_taxi', arguments: {} },
  ];
  await recordEvents(t.system(), { events: eventsOf(callId, bodies) });
  const plan = await beginRescue(t.system(), { callId, epoch: 1 });
  expect(plan?.resume?.done).toEqual([
    { turns: 3, words: expect.stringMatching(/^book_table\(\{"guests":2\}\) answered: x{1000,3000}…$/) },
    { turns: 3, words: expect.stringContaining('send_taxi({}) was begun') },
  ]);
});

test.each([
  [[], undefined],
  [['recording.started'], 'on'],
  [['recording.started', 'recording.paused'], 'paused'],
  [['recording.started', 'recording.paused', 'recording.resumed'], 'on'],
] as const)('a rescuer goes on with the recording as it was: %j', async (types, recording) => {
  await using t = await testContext();
  const { newCall } = await desk(t);
  const callId = await newCall();
  const bodies = [...conversation().slice(0, 4), ...types.map((type) => ({ type }))];
  await recordEvents(t.system(), { events: eventsOf(callId, bodies) });
  const plan = await beginRescue(t.system(), { callId, epoch: 1 });
  expect(plan?.resume?.recording).toBe(recording);
});

test('a turn is laid at the door of whoever served it, and a mad clock does not count', async () => {
  await using t = await testContext();
  const { newCall } = await desk(t);
  const callId = await newCall();
  const reply = conversation()[6];
  if (reply?.type !== 'agent.turn' || !reply.latency) throw new Error('The conversation has no reply there.');
  const served = { ...reply, providers: { stt: 'openai', llm: 'openai', tts: 'deepgram' } };
  const mad = { ...reply, latency: { ...reply.latency, totalMs: 9e12, endOfTurnMs: -5 } };
  await recordEvents(t.system(), { events: eventsOf(callId, [reply, served, mad]) });
  const rows = await t.db.select().from(turnLatencies).orderBy(turnLatencies.seq);
  expect(rows).toMatchObject([
    { sttProvider: 'deepgram', ttsProvider: 'elevenlabs', totalMs: 480 },
    { sttProvider: 'openai', ttsProvider: 'deepgram', totalMs: 480 },
    { totalMs: null, endOfTurnMs: null, llmFirstTokenMs: 120 },
  ]);
});

test('late events of an earlier worker join the transcript and move nothing else', async () => {
  await using t = await testContext();
  const { ctx, newCall } = await desk(t);
  const callId = await newCall();
  const events = eventsOf(callId, conversation());
  await recordEvents(t.system(), { events: events.slice(0, 4) });
  await beginRescue(t.system(), { callId, epoch: 1 });
  await recordEvents(t.system(), { events: events.slice(4) });
  const { call, transcript } = await getCall(ctx, { callId });
  expect(call).toMatchObject({ status: 'active', epoch: 2, appliedSeq: 0, endedAt: null, turnCount: 3 });
  expect(transcript).toHaveLength(3);
  expect(await finalizeOrders(t)).toEqual([]);
});

test('of rescues at the same moment one happens, and none when the call is over', async () => {
  await using t = await testContext();
  const { newCall } = await desk(t);
  const callId = await newCall();
  const plans = await Promise.all([1, 2, 3].map(() => beginRescue(t.system(), { callId, epoch: 1 })));
  expect(plans.filter((plan) => plan !== null)).toMatchObject([{ epoch: 2, resume: null }]);
  const over = await newCall();
  await recordEvents(t.system(), { events: eventsOf(over, conversation()) });
  expect(await beginRescue(t.system(), { callId: over, epoch: 1 })).toBeNull();
  await expect(getCallPlan(t.system(), { callId: over, epoch: 1 })).rejects.toMatchObject({
    code: 'conflict',
  });
});

test('a call that takes every worker down with it ends as failed', async () => {
  await using t = await testContext();
  const { newCall } = await desk(t);
  const callId = await newCall();
  for (const epoch of [1, 2, 3, 4])
    expect(await beginRescue(t.system(), { callId, epoch })).toMatchObject({ epoch: epoch + 1 });
  expect(await beginRescue(t.system(), { callId, epoch: 5 })).toBeNull();
  await finalizeCall(t.system(), { callId });
  expect(await rowOf(t, callId)).toMatchObject({ status: 'ended', disposition: 'failed' });
  expect(await t.db.select().from(outbox).where(eq(outbox.name, 'end-call'))).toHaveLength(1);
});

test('an abandoned call ends with the reason given; what comes late is kept and changes nothing', async () => {
  await using t = await testContext();
  const { ctx, newCall } = await desk(t);
  const callId = await newCall();
  const events = eventsOf(callId, conversation());
  await recordEvents(t.system(), { events: events.slice(0, 5) });
  await abandonCall(t.system(), { callId, reason: 'lost', detail: 'Room and agent are gone.' });
  await finalizeCall(t.system(), { callId });
  const before = await rowOf(t, callId);
  expect(before).toMatchObject({ status: 'ended', endReason: 'lost', disposition: 'failed' });
  await abandonCall(t.system(), { callId, reason: 'other' });
  await recordEvents(t.system(), { events: events.slice(5) });
  expect(await rowOf(t, callId)).toMatchObject({
    endReason: 'lost',
    endedAt: before.endedAt,
    disposition: 'failed',
  });
  expect((await getCall(ctx, { callId })).transcript).toHaveLength(3);
});
