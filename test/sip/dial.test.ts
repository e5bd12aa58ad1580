import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { beginDial, finalizeCall, getCall, placeCall, recordEvents } from '../../core/calls/index.ts';
import { agentIdentity, callerIdentity } from '../../core/calls/plan.ts';
import { MemoryPacer } from '../../core/campaigns/engine/index.ts';
import { createCampaign, startCampaign } from '../../core/campaigns/index.ts';
import type { Context } from '../../core/context.ts';
import { registerSipTrunk } from '../../core/numbers/index.ts';
import { dialCall } from '../../jobs/calls/dial.ts';
import { rescueCall } from '../../jobs/calls/rescue.ts';
import { syncNumberWithLiveKit } from '../../jobs/numbers/sync.ts';
import type { CallLimits, JobServices } from '../../jobs/services.ts';
import { waitFor } from '../../platform/retry.ts';
import { answerAfter, busy, declined, noAnswer, unreachable } from '../../simulate/softphone/callee.ts';
import { Softphone, type SoftphoneOptions } from '../../simulate/softphone/softphone.ts';
import { dial } from '../../sip/dial.ts';
import { hangUp } from '../../sip/hang-up.ts';
import { closeRoom, isAgent, participant, participantsOf, sipStatusAttribute } from '../../sip/rooms.ts';
import { callableNumber } from '../factories/callable.ts';
import { allDay } from '../factories/campaigns.ts';
import { addPerson, attemptsOf, contactOf, dialer, host } from '../factories/dialer.ts';
import { eventsOf } from '../factories/events.ts';
import { newAgent, nextNumber } from '../factories/lines.ts';
import { newPerson } from '../factories/people.ts';
import { type TestContext, testContext } from '../harness/context.ts';
import { FakeFleet, jobServices, type SipStack, startSipStack } from './support.ts';

let sip: SipStack;
const cleanups: (() => Promise<unknown> | unknown)[] = [];

beforeAll(async () => {
  sip = await startSipStack();
});
afterAll(() => sip?.close());
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  for (const { name } of await sip.livekit.rooms.listRooms()) await closeRoom(sip.livekit, name);
});

interface Rig {
  readonly t: TestContext;
  readonly agentId: string;
  readonly services: JobServices;
  readonly ctx: Context;
  readonly phone: Softphone;
  readonly fromNumber: string;
  readonly toNumber: string;
  place(): Promise<string>;
  call(callId: string): Promise<Awaited<ReturnType<typeof getCall>>['call']>;
}

interface RigOptions {
  readonly phone?: SoftphoneOptions;
  readonly number?: { authUsername?: string; authPassword?: string };
  readonly limits?: Partial<CallLimits>;
}

async function rig(options: RigOptions = {}): Promise<Rig> {
  const t = await testContext();
  cleanups.push(() => t[Symbol.asyncDispose]());
  const { services, close } = jobServices(t, sip, options.limits);
  cleanups.push(close);
  const phone = await Softphone.listen(options.phone);
  cleanups.push(() => phone.close());
  const { ctx } = await newPerson(t);
  const agent = await newAgent(ctx);
  const [fromNumber, toNumber] = [nextNumber(), nextNumber()];
  const number = await registerSipTrunk(ctx, {
    phoneNumber: fromNumber,
    sipAddress: `${phone.address.host}:${phone.address.port}`,
    transport: 'udp',
    agentId: agent.id,
    ...options.number,
  });
  await syncNumberWithLiveKit(services, number.id);
  return {
    ...{ t, services, ctx, agentId: agent.id, phone, fromNumber, toNumber },
    place: async () => (await placeCall(ctx, { fromNumber, toNumber })).id,
    call: async (callId) => (await getCall(ctx, { callId })).call,
  };
}

function fleet(options: { state?: string } = {}): FakeFleet {
  const fake = new FakeFleet(sip, options);
  cleanups.push(() => fake.close());
  return fake;
}

const roomIsGone = (roomName: string) =>
  waitFor('the end of the room', async () => (await participantsOf(sip.livekit, roomName)) === null);

describe('an outbound call', () => {
  test('that is answered becomes active, after its agent was ready, with one INVITE', async () => {
    const { services, phone, place, call, toNumber } = await rig();
    const workers = fleet();
    let agentsAtInvite = -1;
    phone.onInvite(async (invite) => {
      agentsAtInvite = workers.joined.length;
      await answerAfter(300)(invite);
    });
    const callId = await place();
    expect(await dialCall(services, callId)).toBe('answered');
    expect(agentsAtInvite).toBeGreaterThan(0);
    expect(phone.invitesTo(toNumber)).toBe(1);
    const row = await call(callId);
    expect(row).toMatchObject({ status: 'active', dialOutcome: 'answered', sipStatus: 200 });
    const leg = await participant(sip.livekit, row.roomName, callerIdentity(callId));
    expect(leg?.attributes[sipStatusAttribute]).toBe('active');
    await hangUp(sip.livekit, { roomName: row.roomName, graceMs: 0 });
    await roomIsGone(row.roomName);
    await waitFor('the BYE', () => phone.calls[0]?.end);
  });

  test.each([
    ['busy', busy(), 486, 'busy', /busy/],
    ['declined', declined(), 603, 'rejected', /declined/],
    ['unknown to the carrier', declined(404, 'Not Found'), 404, 'failed', /does not exist/],
    ['temporarily away', declined(480, 'Temporarily Unavailable'), 480, 'no_answer', /cannot be reached/],
    ['refused by an overloaded carrier', declined(503, 'Service Unavailable'), 503, 'failed', /overloaded/],
  ] as const)('to a callee who is %s ends so, with the SIP status and words', async (...row) => {
    const [, callee, sipStatus, outcome, words] = row;
    const { services, phone, place, call, toNumber } = await rig();
    fleet();
    phone.onInvite(callee);
    const callId = await place();
    expect(await dialCall(services, callId)).toBe(outcome);
    const ended = await call(callId);
    expect(ended).toMatchObject({ status: 'ended', dialOutcome: outcome, sipStatus });
    expect(ended.endDetail).toMatch(words);
    expect(phone.invitesTo(toNumber)).toBe(1);
    await roomIsGone(ended.roomName);
  });

  test('of a campaign does not ring while its trunk is busier than its carrier allows, and its person waits', async () => {
    const { t, services, ctx, agentId, phone, fromNumber } = await rig();
    fleet();
    const campaign = await createCampaign(ctx, {
      ...{ name: 'Reminders', agentId, fromNumbers: [fromNumber], rules: { windows: allDay } },
    });
    await startCampaign(ctx, { campaign: campaign.id });
    const { id, phone: toNumber } = await addPerson(t, campaign, callableNumber(1));
    t.ports.workerHosts = [host(10)];
    await dialer(t).look();
    const callId = (await attemptsOf(t, campaign.id))[0]?.id ?? '';
    const pacer = Object.assign(new MemoryPacer(), { reserve: async () => 60_000 });
    const crowded = { ...services, pacing: { ...services.pacing, pacer } };
    expect(await dialCall(crowded, callId)).toBe('not cleared');
    expect(phone.invitesTo(toNumber)).toBe(0);
    await finalizeCall(t.system(), { callId });
    expect(await contactOf(t, id)).toMatchObject({ state: 'waiting', attempts: 1 });
    phone.onInvite(busy());
    await dialer(t).look(Date.now() + 1_000);
    const again = (await attemptsOf(t, campaign.id)).at(-1)?.id ?? '';
    expect(await dialCall(services, again)).toBe('busy');
    expect(phone.invitesTo(toNumber)).toBe(1);
  });

  test('that rings out ends as no answer', async () => {
    const { services, phone, place, call, toNumber } = await rig({ limits: { ringMs: 3_000 } });
    fleet();
    phone.onInvite(noAnswer());
    const callId = await place();
    expect(await dialCall(services, callId)).toBe('no_answer');
    const row = await call(callId);
    expect(row.endDetail).toContain('nobody answered');
    expect(phone.invitesTo(toNumber)).toBe(1);
    await roomIsGone(row.roomName);
  });

  test('to an address where nobody is ends as failed, and says so', async () => {
    const { services, phone, place, call } = await rig({ limits: { ringMs: 3_000 } });
    fleet();
    phone.onInvite(unreachable());
    const callId = await place();
    expect(await dialCall(services, callId)).toBe('failed');
    expect((await call(callId)).endDetail).toContain('Nothing answers at the SIP address');
  });

  test('that no worker takes never rings, and says why', async () => {
    const { services, phone, place, call, toNumber } = await rig({ limits: { agentReadyMs: 1_500 } });
    const callId = await place();
    expect(await dialCall(services, callId)).toBe('failed');
    const row = await call(callId);
    expect(row.endDetail).toContain('No worker took the call');
    expect(phone.invitesTo(toNumber)).toBe(0);
    await roomIsGone(row.roomName);
  });

  test('whose agent joins but never gets ready does not ring', async () => {
    const { services, phone, place, call, toNumber } = await rig({ limits: { agentReadyMs: 5_000 } });
    fleet({ state: 'joining' });
    const callId = await place();
    expect(await dialCall(services, callId)).toBe('failed');
    expect((await call(callId)).endDetail).toContain('was not ready to speak');
    expect(phone.invitesTo(toNumber)).toBe(0);
  });

  test('that is ended while it rings is canceled, and the phone stops', async () => {
    const { services, phone, place, call } = await rig();
    fleet();
    let stopped: Promise<void> | undefined;
    phone.onInvite((invite) => {
      invite.ring();
      stopped = invite.cancelled;
    });
    const callId = await place();
    const dialing = dialCall(services, callId);
    await waitFor('the ringing', () => stopped !== undefined, { timeoutMs: 10_000 });
    const { roomName } = await call(callId);
    await hangUp(sip.livekit, { roomName, graceMs: 0 });
    expect(await dialing).toBe('canceled');
    await stopped;
    expect((await call(callId)).status).toBe('ended');
  });

  test.each([
    ['none', {}],
    ['a wrong one', { authUsername: 'desk', authPassword: 'wrong' }],
  ])('to a carrier that wants a password and gets %s fails, and says so', async (_what, credentials) => {
    const secured = { requireAuth: { username: 'desk', password: 'right' } };
    const { services, place, call } = await rig({ phone: secured, number: credentials });
    fleet();
    const callId = await place();
    expect(await dialCall(services, callId)).toBe('failed');
    expect((await call(callId)).endDetail).toContain('refused the credentials');
  });

  test('over a trunk that LiveKit has lost is not sent, and has the numbers healed', async () => {
    const { services, phone, place, call, toNumber } = await rig();
    fleet();
    for (const trunk of await sip.livekit.sip.listSipOutboundTrunk())
      await sip.livekit.sip.deleteSipTrunk(trunk.sipTrunkId);
    const callId = await place();
    expect(await dialCall(services, callId)).toBe('failed');
    expect((await call(callId)).endDetail).toContain('LiveKit lost the trunk');
    expect(phone.invitesTo(toNumber)).toBe(0);
    expect(await services.queues.get('heal-numbers').getWaitingCount()).toBeGreaterThan(0);
  });
});

describe('a dial job that was killed', () => {
  test('between INVITE and answer sends no second INVITE, and finds the answer', async () => {
    const { services, phone, place, call, toNumber } = await rig();
    fleet();
    let rings: (() => void) | undefined;
    const ringing = new Promise<void>((resolve) => {
      rings = resolve;
    });
    phone.onInvite(async (invite) => {
      invite.ring();
      rings?.();
      await new Promise((resolve) => setTimeout(resolve, 2_000));
      if (invite.open) await invite.answer();
    });
    const callId = await place();
    // The first run is lost in the middle: what it would have written never gets written.
    const begun = await beginDial(services.ctx, { callId });
    if ('skip' in begun || begun.resume) throw new Error('it should have begun');
    const { plan, trunk } = begun;
    await sip.livekit.rooms.createRoom({ name: plan.roomName });
    const lost = dial(
      sip.livekit,
      { ...trunk, callId, toNumber, roomName: plan.roomName, krispEnabled: false, ringTimeoutMs: 10_000 },
      services.log,
    );
    await ringing;
    expect(await dialCall(services, callId)).toBe('answered');
    expect(phone.invitesTo(toNumber)).toBe(1);
    expect(await call(callId)).toMatchObject({ status: 'active', dialOutcome: 'answered' });
    await lost;
    await hangUp(sip.livekit, { roomName: plan.roomName, graceMs: 0 });
  });

  test('before anything is known of its INVITE ends the call as unknown, and does not dial', async () => {
    const { services, phone, place, call, toNumber } = await rig();
    fleet();
    const callId = await place();
    await beginDial(services.ctx, { callId });
    expect(await dialCall(services, callId)).toBe('unknown');
    const row = await call(callId);
    expect(row).toMatchObject({ status: 'ended', dialOutcome: 'unknown' });
    expect(row.endDetail).toContain('not dialed again');
    expect(phone.invitesTo(toNumber)).toBe(0);
  });

  test('while it rang closes a call that is over since, and does not dial', async () => {
    const { services, phone, place, call, toNumber } = await rig();
    fleet();
    phone.onInvite(busy());
    const callId = await place();
    const begun = await beginDial(services.ctx, { callId });
    if ('skip' in begun || begun.resume) throw new Error('it should have begun');
    const { plan, trunk } = begun;
    await sip.livekit.rooms.createRoom({ name: plan.roomName });
    // What it came to is lost with its process; the worker has seen the leg go, and left.
    await dial(
      sip.livekit,
      { ...trunk, callId, toNumber, roomName: plan.roomName, krispEnabled: false, ringTimeoutMs: 10_000 },
      services.log,
    );
    await recordEvents(services.ctx, {
      events: eventsOf(callId, [{ type: 'ended', reason: 'caller_never_joined', detail: 'USER_REJECTED' }]),
    });
    expect(await finalizeCall(services.ctx, { callId })).toBe('waiting');
    expect(await dialCall(services, callId)).toBe('unknown');
    expect(await finalizeCall(services.ctx, { callId })).toBe('finalized');
    expect(await call(callId)).toMatchObject({ disposition: 'unknown', endReason: 'dial_unknown' });
    expect(phone.invitesTo(toNumber)).toBe(1);
  });

  test('after the call was over does nothing', async () => {
    const { services, phone, place, toNumber } = await rig();
    fleet();
    phone.onInvite(busy());
    const callId = await place();
    await dialCall(services, callId);
    expect(await dialCall(services, callId)).toContain('skipped');
    expect(phone.invitesTo(toNumber)).toBe(1);
  });

  test('ten times at once rings the phone once', async () => {
    const { services, phone, place, toNumber } = await rig();
    fleet();
    phone.onInvite(answerAfter(500));
    const callId = await place();
    const outcomes = await Promise.all(Array.from({ length: 10 }, () => dialCall(services, callId)));
    expect(phone.invitesTo(toNumber)).toBe(1);
    expect(outcomes.length).toBe(10);
  });
});

describe('a call whose worker is lost', () => {
  async function answeredCall(r: Rig, workers: FakeFleet) {
    r.phone.onInvite(answerAfter(100));
    const callId = await r.place();
    await dialCall(r.services, callId);
    const { roomName } = await r.call(callId);
    expect(workers.joined).toContain(agentIdentity(callId, 1));
    return { callId, roomName };
  }

  test('gets another agent into the same room, and the caller stays', async () => {
    const r = await rig();
    const workers = fleet();
    const { callId, roomName } = await answeredCall(r, workers);
    await workers.lose(agentIdentity(callId, 1));
    expect(await rescueCall(r.services, { callId, epoch: 1 })).toBe('rescued');
    const agents = ((await participantsOf(sip.livekit, roomName)) ?? []).filter(isAgent);
    expect(agents.map((one) => one.identity)).toEqual([agentIdentity(callId, 2)]);
    expect(r.phone.calls[0]?.end).toBeUndefined();
    expect((await r.call(callId)).epoch).toBe(2);
    expect(await rescueCall(r.services, { callId, epoch: 1 })).toBe('over or rescued already');
    await hangUp(sip.livekit, { roomName, graceMs: 0 });
  });

  test('ends with words when nobody can take it over', async () => {
    const r = await rig({ limits: { rescueMs: 3_000 } });
    const workers = fleet();
    const { callId, roomName } = await answeredCall(r, workers);
    await workers.close();
    expect(await rescueCall(r.services, { callId, epoch: 1 })).toBe('given up');
    expect(await r.call(callId)).toMatchObject({ status: 'ended', endReason: 'worker_stopped' });
    await roomIsGone(roomName);
    await waitFor('the BYE', () => r.phone.calls[0]?.end);
  });

  test('is closed, not rescued, when the caller is gone as well', async () => {
    const r = await rig();
    const workers = fleet();
    const { callId, roomName } = await answeredCall(r, workers);
    await sip.livekit.rooms.removeParticipant(roomName, callerIdentity(callId));
    expect(await rescueCall(r.services, { callId, epoch: 1 })).toBe('the caller is gone');
    expect(await r.call(callId)).toMatchObject({ status: 'ended', endReason: 'caller_hung_up' });
  });
});
