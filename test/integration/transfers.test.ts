import { eq } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
import { controlAction, controlCall, controlCommand } from '../../core/calls/control/index.ts';
import { handOffCall } from '../../core/calls/hand-off.ts';
import {
  beginRescue,
  getCall,
  getCallPlan,
  recordEvents,
  startInboundCall,
  startWebCall,
} from '../../core/calls/index.ts';
import { personIdentity } from '../../core/calls/plan.ts';
import {
  beginTransferDial,
  getTransfer,
  recordTransferDial,
  startTransfer,
  stepTransfer,
  transferRequest,
} from '../../core/calls/transfers/index.ts';
import { MemoryPacer, trunkBucket, trunkId } from '../../core/campaigns/engine/index.ts';
import type { Context } from '../../core/context.ts';
import { trunkKey } from '../../core/numbers/trunk-key.ts';
import { phoneNumbers } from '../../db/schema/phone-numbers.ts';
import { trunkLimits } from '../../db/schema/trunk-limits.ts';
import { paceTransfer } from '../../jobs/calls/pace-transfer.ts';
import { newId } from '../../platform/ids.ts';
import { turnOf } from '../../worker/session/history.ts';
import { eventsOf } from '../factories/events.ts';
import { newAgent, newLine } from '../factories/lines.ts';
import { newPerson } from '../factories/people.ts';
import { desk, liveCall, sent } from '../factories/transfers.ts';
import { type TestContext, testContext } from '../harness/context.ts';

describe('a transfer', () => {
  test('is dialed once, however often it is asked for and whoever dials', async () => {
    await using t = await testContext();
    const { start, begun } = await liveCall(t);
    const transferId = await begun();
    expect(await start()).toMatchObject({ ok: true, transferId, to: desk, callerNumber: '+14155559876' });
    expect(await sent(t, 'dial-transfer')).toEqual([{ transferId }]);
    const orders = await Promise.all(
      Array.from({ length: 5 }, () => beginTransferDial(t.system(), { transferId })),
    );
    expect(orders.filter((order) => 'resume' in order && !order.resume).length).toBe(1);
    expect(orders[0]).toMatchObject({ toNumber: desk, route: { outboundTrunkId: 'ST_1' } });
  });

  test('by a command works however long the id of the command is', () => {
    const { id } = controlCommand.shape;
    const longest = id.parse('x'.repeat(id.maxLength ?? 0));
    transferRequest.parse({ epoch: 1, requestKey: `command-${longest}`, target: '', mode: 'warm' });
  });

  test('of a visitor goes over a number of the agent they talk with, and not over the oldest', async () => {
    await using t = await testContext();
    const { ctx } = await liveCall(t);
    const targets = [{ name: 'Desk', number: desk, mode: 'warm' as const, description: '' }];
    const agent = await newAgent(ctx, { webSlug: 'rosa', definition: { transferTargets: targets } });
    const { call } = await startWebCall(t.anonymous, { agent: 'rosa' });
    const order = async (key: string) => {
      const answer = await startTransfer(t.system(), {
        ...{ callId: call.id, epoch: 1, requestKey: key, target: '', mode: 'warm' },
      });
      if (!answer.ok) throw new Error(answer.reason);
      const { transferId } = answer;
      const begun = await beginTransferDial(t.system(), { transferId });
      await stepTransfer(t.system(), { transferId, status: 'cancelled' });
      return begun;
    };
    expect(await order('a')).toMatchObject({ route: { outboundTrunkId: 'ST_1' } });
    const own = await newLine(t, ctx, agent.id);
    await t.db.update(phoneNumbers).set({ outboundTrunkId: 'ST_2' }).where(eq(phoneNumbers.id, own.id));
    expect(await order('b')).toMatchObject({ route: { outboundTrunkId: 'ST_2', fromNumber: own.e164 } });
  });

  test('goes from answer to briefing to joined, and then stays joined', async () => {
    await using t = await testContext();
    const { begun } = await liveCall(t);
    const transferId = await begun();
    const statuses = [
      await recordTransferDial(t.system(), { transferId, outcome: 'answered' }),
      await stepTransfer(t.system(), { transferId, status: 'accepted' }),
      await stepTransfer(t.system(), { transferId, status: 'joined' }),
      await stepTransfer(t.system(), { transferId, status: 'cancelled' }),
      await recordTransferDial(t.system(), { transferId, outcome: 'failed' }),
    ].map(({ status }) => status);
    expect(statuses).toEqual(['briefing', 'accepted', 'joined', 'joined', 'joined']);
    expect(await sent(t, 'end-transfer')).toEqual([]);
  });

  test.each([
    ['busy', 'busy'],
    ['no_answer', 'no_answer'],
    ['rejected', 'declined'],
    ['unknown', 'failed'],
    ['canceled', 'cancelled'],
  ] as const)('whose ringing ends as %s is %s, and another may begin', async (outcome, status) => {
    await using t = await testContext();
    const { begun, start } = await liveCall(t);
    const transferId = await begun();
    expect(await start({ requestKey: 'tool-2' })).toMatchObject({
      ok: false,
      reason: 'Another transfer is under way.',
    });
    await recordTransferDial(t.system(), { transferId, outcome, sipStatus: 486, detail: 'Why.' });
    expect(await getTransfer(t.system(), { transferId })).toMatchObject({ status, detail: 'Why.' });
    expect(await start({ requestKey: 'tool-2' })).toMatchObject({ ok: true });
  });

  test('that is declined has its leg taken out of the room, also when the worker is lost', async () => {
    await using t = await testContext();
    const { begun } = await liveCall(t);
    const transferId = await begun();
    await recordTransferDial(t.system(), { transferId, outcome: 'answered' });
    await stepTransfer(t.system(), { transferId, status: 'declined' });
    expect(await sent(t, 'end-transfer')).toEqual([{ transferId }]);
  });

  test.each([
    ['an unknown name', [{ name: 'Desk', number: desk }], 'the moon', 'nobody called'],
    ['the caller’s own number', [{ name: 'Desk', number: '+14155559876' }], 'desk', "caller's own number"],
    ['a number that is none', [{ name: 'Desk', number: '{{unset}}' }], 'desk', 'nobody called'],
  ])('to %s is refused in words', async (_, targets, target, reason) => {
    await using t = await testContext();
    const { start } = await liveCall(t, targets);
    const answer = await start({ target });
    expect(answer).toMatchObject({ ok: false, reason: expect.stringContaining(reason) });
  });

  test('needs no name, finds one in whatever case, and takes a number that a supervisor gives', async () => {
    await using t = await testContext();
    for (const [key, target, to] of [
      ['a', '', desk],
      ['b', 'DESK', desk],
      ['c', '+14155550903', '+14155550903'],
    ] as const) {
      const { start } = await liveCall(t);
      expect(await start({ requestKey: key, target })).toMatchObject({ ok: true, to });
    }
  });

  test('is given up when another worker takes the call over, and not dialed any more', async () => {
    await using t = await testContext();
    const { callId, begun } = await liveCall(t);
    const transferId = await begun();
    expect(await beginRescue(t.system(), { callId, epoch: 1 })).not.toBeNull();
    expect((await getTransfer(t.system(), { transferId })).status).toBe('cancelled');
    expect(await beginTransferDial(t.system(), { transferId })).toEqual({
      skip: 'the transfer is cancelled',
    });
    expect(await sent(t, 'end-transfer')).toEqual([{ transferId }]);
  });

  test('that was under way is told to the next worker, which speaks to the caller who was on hold', async () => {
    await using t = await testContext();
    const { callId, begun, said } = await liveCall(t);
    const transferId = await begun();
    const started = {
      ...{ type: 'transfer.started' as const, transferId, name: 'Desk', to: desk, mode: 'warm' as const },
    };
    await recordEvents(t.system(), { events: eventsOf(callId, [...said, started]) });
    const resume = (await beginRescue(t.system(), { callId, epoch: 1 }))?.resume;
    expect(resume?.done).toEqual([
      { turns: resume?.history.length, words: expect.stringContaining('transfer to Desk') },
    ]);
    expect(resume && turnOf(resume)).toBe('agent');
  });

  test.each([
    [true, true],
    [false, false],
    // What its worker reported has not come through.
    [undefined, false],
  ])('that made a conference is known to the next worker: recorded %s', async (reported, recorded) => {
    await using t = await testContext();
    const { callId, start, said } = await liveCall(t);
    const declined = await start({ requestKey: 'tool-0', mode: 'conference' });
    if (!declined.ok) throw new Error(declined.reason);
    await stepTransfer(t.system(), { transferId: declined.transferId, status: 'declined' });
    const answer = await start({ mode: 'conference' });
    if (!answer.ok) throw new Error(answer.reason);
    const { transferId } = answer;
    await stepTransfer(t.system(), { transferId, status: 'joined' });
    const finished = {
      ...{ type: 'transfer.finished' as const, to: desk, ok: true, detail: '', transferId },
      ...{ outcome: 'joined', ...(reported === undefined ? {} : { recorded: reported }) },
    };
    await recordEvents(t.system(), { events: eventsOf(callId, [...said, finished]) });
    const plan = await beginRescue(t.system(), { callId, epoch: 1 });
    expect(plan?.resume?.guests).toEqual([{ identity: personIdentity(transferId), name: 'Desk', recorded }]);
  });
});

describe('the calls per second of a trunk', () => {
  const paced = async (t: TestContext, trunkCallsPerSecond: number) => {
    const { ctx, line, begun, start } = await liveCall(t);
    const pacer = new MemoryPacer();
    const waits: number[] = [];
    const pace = (transferId: string) =>
      paceTransfer(
        { ctx: t.system(), log: t.services.log, pacing: { pacer, trunkCallsPerSecond } },
        transferId,
        async (ms) => waits.push(ms),
      );
    const bucket = trunkBucket(trunkId(line.workspaceId, trunkKey(line)));
    const dialer = (want: number) =>
      pacer.take(bucket, { perSecond: trunkCallsPerSecond, burst: 2, want, nowMs: Date.now() });
    return { ctx, line, begun, start, waits, pace, dialer };
  };

  test('are spent by a transfer as by a campaign, and it waits its turn before the next campaign’s call', async () => {
    await using t = await testContext();
    const { line, begun, waits, pace, dialer } = await paced(t, 1);
    await t.db.insert(trunkLimits).values({
      ...{ workspaceId: line.workspaceId, trunk: trunkKey(line), callsPerSecond: 0.1 },
    });
    const transferId = await begun();
    expect([await pace(transferId), waits]).toEqual([true, []]);
    expect(await dialer(1)).toBe(0);
    expect(await pace(transferId)).toBe(true);
    // As granted: a call in ten seconds, one of which was there.
    expect(waits[0]).toBeGreaterThan(9_000);
    expect(waits[0]).toBeLessThanOrEqual(10_000);
  });

  test('are spent by a visitor of a page who is transferred, at the trunk that the person is dialed on', async () => {
    await using t = await testContext();
    const { ctx, pace, dialer } = await paced(t, 1);
    await newAgent(ctx, { webSlug: 'rosa' });
    const { call } = await startWebCall(t.anonymous, { agent: 'rosa' });
    const answer = await startTransfer(t.system(), {
      ...{ callId: call.id, epoch: 1, requestKey: 'tool-1', target: desk, mode: 'warm' },
    });
    if (!answer.ok) throw new Error(answer.reason);
    expect(await pace(answer.transferId)).toBe(true);
    // Of the two that were there.
    expect(await dialer(2)).toBe(1);
  });

  test('that are all spent for long refuse a transfer at once, and cost it nothing', async () => {
    await using t = await testContext();
    const { begun, waits, pace } = await paced(t, 0.05);
    const transferId = await begun();
    const answers = [await pace(transferId), await pace(transferId), await pace(transferId)];
    expect(answers).toEqual([true, true, false]);
    expect(await pace(transferId)).toBe(false);
    expect(waits).toHaveLength(1);
  });

  test('are not asked about for a SIP address, or for a transfer that is over', async () => {
    await using t = await testContext();
    const { start, begun, waits, pace, dialer } = await paced(t, 1);
    const given = await start({ requestKey: 'sip', target: 'sip:desk@127.0.0.1:5080' });
    if (!given.ok) throw new Error(given.reason);
    await pace(given.transferId);
    await stepTransfer(t.system(), { transferId: given.transferId, status: 'cancelled' });
    const over = await begun();
    await stepTransfer(t.system(), { transferId: over, status: 'cancelled' });
    await pace(over);
    expect([waits, await dialer(2)]).toEqual([[], 2]);
  });
});

describe('an agent that was told to keep silent', () => {
  const told = async (ctx: Context, callId: string, ...kinds: string[]) => {
    for (const kind of kinds)
      await controlCall(ctx, { callId, commandId: newId(), action: controlAction.parse({ kind }) });
  };
  const silenceAfterRescue = async (t: TestContext, callId: string, epoch: number) =>
    (await beginRescue(t.system(), { callId, epoch }))?.silence;

  test('is as silent under the next worker and the one after, until it is handed the call back', async () => {
    await using t = await testContext();
    const { ctx, callId } = await liveCall(t);
    await told(ctx, callId, 'mute', 'take_over');
    expect((await getCallPlan(t.system(), { callId, epoch: 1 })).silence).toBeUndefined();
    expect(await silenceAfterRescue(t, callId, 1)).toEqual({ muted: true, takenOver: true });
    expect((await getCallPlan(t.system(), { callId, epoch: 2 })).silence).toBeDefined();
    await told(ctx, callId, 'unmute');
    expect(await silenceAfterRescue(t, callId, 2)).toEqual({ muted: false, takenOver: true });
    await told(ctx, callId, 'hand_back');
    expect(await silenceAfterRescue(t, callId, 3)).toBeUndefined();
  });

  test('is not by a command that was refused; one whose answer only the worker reported counts', async () => {
    await using t = await testContext();
    const { ctx, callId, said } = await liveCall(t);
    t.ports.controlAnswer = { applied: false, detail: 'The call has not begun yet.' };
    await told(ctx, callId, 'mute');
    t.ports.controlAnswer = null;
    const commandId = 'unanswered';
    await controlCall(ctx, { callId, commandId, action: { kind: 'take_over' } });
    expect(await silenceAfterRescue(t, callId, 1)).toBeUndefined();
    const late = { type: 'control.applied', commandId, kind: 'take_over', detail: '' } as const;
    await recordEvents(t.system(), { events: eventsOf(callId, [...said, late]).slice(-1) });
    expect(await silenceAfterRescue(t, callId, 2)).toEqual({ muted: false, takenOver: true });
  });
});

describe('a hand-off', () => {
  test('gives the other agent the call, also after a rescue, and the call keeps the version it began with', async () => {
    await using t = await testContext();
    const { ctx, callId, agent } = await liveCall(t);
    const other = await newAgent(ctx, { definition: { systemPrompt: 'You do the billing.' } });
    const answer = await handOffCall(t.system(), { callId, epoch: 1, agentId: other.id });
    expect(answer).toMatchObject({
      ok: true,
      plan: { agent: { id: other.id }, definition: { systemPrompt: 'You do the billing.' } },
    });
    expect(await handOffCall(t.system(), { callId, epoch: 1, agentId: other.id })).toMatchObject({
      ok: false,
      reason: 'That agent has the call already.',
    });
    await beginRescue(t.system(), { callId, epoch: 1 });
    expect((await getCallPlan(t.system(), { callId, epoch: 2 })).agent.id).toBe(other.id);
    expect((await getCall(ctx, { callId })).call.agentId).toBe(agent.id);
  });

  test('whose answer was lost is answered again, and one that came to nothing is taken back', async () => {
    await using t = await testContext();
    const { ctx, callId, agent } = await liveCall(t);
    const other = await newAgent(ctx);
    const { agent: first } = await getCallPlan(t.system(), { callId, epoch: 1 });
    const ask = { callId, epoch: 1, agentId: other.id, fromVersionId: first.versionId };
    for (let times = 0; times < 2; times++)
      expect(await handOffCall(t.system(), ask)).toMatchObject({
        ok: true,
        plan: { agent: { id: other.id } },
      });
    await handOffCall(t.system(), { callId, epoch: 1, agentId: agent.id, versionId: first.versionId });
    await beginRescue(t.system(), { callId, epoch: 1 });
    expect((await getCallPlan(t.system(), { callId, epoch: 2 })).agent).toEqual(first);
  });

  test('leaves what belongs to the call as it began: how long it may last, how it is recorded, what it lacked', async () => {
    await using t = await testContext();
    const { ctx } = await newPerson(t);
    const first = {
      maxCallDurationMs: 60_000,
      durationWarning: { beforeMs: 10_000, text: 'Soon over, {{title}}.' },
      recording: { policy: 'on' as const, consentLine: 'This call is recorded.' },
    };
    const agent = await newAgent(ctx, { definition: first });
    const line = await newLine(t, ctx, agent.id);
    const { callId } = await startInboundCall(t.system(), { phoneNumberId: line.id, roomName: newId() });
    const other = await newAgent(ctx, { definition: { systemPrompt: 'You do the billing of {{year}}.' } });
    const answer = await handOffCall(t.system(), { callId, epoch: 1, agentId: other.id });
    const kept = { ...first, durationWarning: { beforeMs: 10_000, text: 'Soon over, .' } };
    expect(answer).toMatchObject({ ok: true, plan: { agent: { id: other.id }, definition: kept } });
    await beginRescue(t.system(), { callId, epoch: 1 });
    const { definition } = await getCallPlan(t.system(), { callId, epoch: 2 });
    expect(definition).toMatchObject({ ...kept, systemPrompt: 'You do the billing of .' });
    const { call } = await getCall(ctx, { callId });
    expect(call.missingVariables.toSorted()).toEqual(['title', 'year']);
  });

  test('to an agent of somebody else is refused', async () => {
    await using t = await testContext();
    const { callId } = await liveCall(t);
    const { ctx } = await newPerson(t);
    const foreign = await newAgent(ctx);
    expect(await handOffCall(t.system(), { callId, epoch: 1, agentId: foreign.id })).toMatchObject({
      ok: false,
      reason: 'There is no such agent in this workspace.',
    });
  });
});
