import { describe, expect, test } from 'vitest';
import type { CallEventBody } from '../../core/calls/events.ts';
import {
  beginRescue,
  endBridgedCall,
  endCall,
  finalizeCall,
  getCall,
  recordEvents,
} from '../../core/calls/index.ts';
import { stepTransfer } from '../../core/calls/transfers/index.ts';
import { eventsOf } from '../factories/events.ts';
import { desk, liveCall, sent } from '../factories/transfers.ts';
import { type TestContext, testContext } from '../harness/context.ts';

describe('a call whose agent has put the caller through', () => {
  async function bridged(t: TestContext, recorder = false) {
    const call = await liveCall(t);
    const transferId = await call.begun();
    await stepTransfer(t.system(), { transferId, status: 'joined' });
    const bridge = { type: 'call.bridged', transferId, to: desk, recorder } as const;
    await recordEvents(t.system(), { events: eventsOf(call.callId, [...call.said, bridge]) });
    /** What the worker that stayed reports later. */
    const later = (...bodies: CallEventBody[]) =>
      recordEvents(t.system(), {
        events: eventsOf(call.callId, [...call.said, bridge, ...bodies]).slice(-bodies.length),
      });
    return { ...call, later };
  }
  const stopped = { type: 'recording.stopped', durationMs: 1_000, detail: '' } as const;

  test('is live until one of the two is gone, is not rescued, and then lasts until that moment', async () => {
    await using t = await testContext();
    const { ctx, callId } = await bridged(t);
    expect((await getCall(ctx, { callId })).call.status).toBe('active');
    expect(await beginRescue(t.system(), { callId, epoch: 1 })).toBeNull();
    expect(await finalizeCall(t.system(), { callId })).toBe('waiting');
    expect(await endBridgedCall(t.system(), { callId, detail: 'Hung up.' })).toBe(true);
    expect(await endBridgedCall(t.system(), { callId, detail: 'Again.' })).toBe(false);
    await finalizeCall(t.system(), { callId });
    const { call, events } = await getCall(ctx, { callId });
    expect(call).toMatchObject({
      disposition: 'transferred',
      endReason: 'transferred',
      endDetail: 'Hung up.',
    });
    expect(call.durationMs).toBe((call.endedAt?.getTime() ?? 0) - (call.answeredAt?.getTime() ?? 0));
    expect(events.at(-1)).toMatchObject({ type: 'ended', reason: 'transferred' });
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
    expect(await sent(t, 'end-call')).toEqual([{ callId }]);
  });

  test.each([
    ['warm', null],
    ['bridge', null],
    ['conference', 2],
  ] as const)(
    'by %s is left to the two, also when its worker was lost before it could say so',
    async (mode, epoch) => {
      await using t = await testContext();
      const { ctx, callId, start } = await liveCall(t);
      const answer = await start({ mode });
      if (!answer.ok) throw new Error(answer.reason);
      await stepTransfer(t.system(), { transferId: answer.transferId, status: 'joined' });
      const plan = await beginRescue(t.system(), { callId, epoch: 1 });
      expect(plan?.epoch ?? null).toBe(epoch);
      expect(await sent(t, 'end-transfer')).toEqual([]);
      if (epoch !== null) return;
      expect(await beginRescue(t.system(), { callId, epoch: 1 })).toBeNull();
      expect(await endBridgedCall(t.system(), { callId, detail: 'Hung up.' })).toBe(true);
      await finalizeCall(t.system(), { callId });
      const { call, events } = await getCall(ctx, { callId });
      expect(call).toMatchObject({ disposition: 'transferred', epoch: 2, recorderStays: false });
      expect(events.slice(-2).map(({ type }) => type)).toEqual(['call.bridged', 'ended']);
    },
  );

  test('and that is still recorded ends when its worker says so, not by what LiveKit says', async () => {
    await using t = await testContext();
    const { ctx, callId, later } = await bridged(t, true);
    expect(await endBridgedCall(t.system(), { callId, detail: 'Hung up.' })).toBe(false);
    await later(stopped, { type: 'ended', reason: 'transferred', detail: 'By the worker.' });
    await finalizeCall(t.system(), { callId });
    const { call, events } = await getCall(ctx, { callId });
    expect(call).toMatchObject({ disposition: 'transferred', endDetail: 'By the worker.' });
    expect(events.slice(-3).map(({ type }) => type)).toEqual(['call.bridged', 'recording.stopped', 'ended']);
  });

  test('and whose worker had to stop goes on unrecorded, and ends as any other', async () => {
    await using t = await testContext();
    const { ctx, callId, later } = await bridged(t, true);
    await later(stopped);
    expect((await getCall(ctx, { callId })).call).toMatchObject({ status: 'active', recorderStays: false });
    expect(await beginRescue(t.system(), { callId, epoch: 1 })).toBeNull();
    expect(await endBridgedCall(t.system(), { callId, detail: 'Hung up.' })).toBe(true);
    expect((await getCall(ctx, { callId })).call).toMatchObject({ endDetail: 'Hung up.', epoch: 1 });
  });

  test('and whose recorder is lost gets no other agent; what that still reports moves nothing', async () => {
    await using t = await testContext();
    const { ctx, callId, later } = await bridged(t, true);
    expect(await beginRescue(t.system(), { callId, epoch: 1 })).toBeNull();
    expect(await beginRescue(t.system(), { callId, epoch: 1 })).toBeNull();
    await later(stopped, { type: 'ended', reason: 'transferred', detail: 'Too late.' });
    expect((await getCall(ctx, { callId })).call).toMatchObject({
      ...{ status: 'active', epoch: 2, recorderStays: false },
    });
    expect(await endBridgedCall(t.system(), { callId, detail: 'Hung up.' })).toBe(true);
    const { call, events } = await getCall(ctx, { callId });
    expect(call.endDetail).toBe('Hung up.');
    expect(events.filter(({ epoch }) => epoch === 2)).toMatchObject([
      { type: 'recording.stopped', seq: 1, durationMs: 0, detail: expect.stringContaining('lost') },
      { type: 'ended', seq: 2 },
    ]);
  });

  test('and of whose recorder nothing is left ends by the sweep, in an epoch of its own', async () => {
    await using t = await testContext();
    const { ctx, callId, later } = await bridged(t, true);
    expect(await endBridgedCall(t.system(), { callId, detail: 'Gone.', recorderLost: true })).toBe(true);
    await later(stopped);
    const { call, events } = await getCall(ctx, { callId });
    expect(call).toMatchObject({ status: 'ended', endDetail: 'Gone.', epoch: 2, recorderStays: false });
    expect(events.map(({ type }) => type)).toEqual(expect.arrayContaining(['recording.stopped', 'ended']));
  });

  test('can be hung up by an operator, and only such a call ends this way', async () => {
    await using t = await testContext();
    const { ctx, callId } = await bridged(t);
    await endCall(ctx, { callId });
    expect(await sent(t, 'end-call')).toEqual([{ callId }]);
    const other = await liveCall(t);
    expect(await endBridgedCall(t.system(), { callId: other.callId, detail: '' })).toBe(false);
  });
});
