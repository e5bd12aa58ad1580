import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { endBridgedCall, getCall, placeCall, recordEvents } from '../../core/calls/index.ts';
import { callerIdentity, personIdentity } from '../../core/calls/plan.ts';
import { getTransfer, startTransfer, stepTransfer } from '../../core/calls/transfers/index.ts';
import { registerSipTrunk } from '../../core/numbers/index.ts';
import { dialCall } from '../../jobs/calls/dial.ts';
import { dialTransfer, endTransferLeg } from '../../jobs/calls/dial-transfer.ts';
import { reconcileCalls } from '../../jobs/calls/reconcile.ts';
import { syncNumberWithLiveKit } from '../../jobs/numbers/sync.ts';
import { waitFor } from '../../platform/retry.ts';
import { answerAfter, busy } from '../../simulate/softphone/callee.ts';
import { Softphone } from '../../simulate/softphone/softphone.ts';
import { legMark, legOfHeader } from '../../sip/leg-of.ts';
import { closeRoom, participant, participantsOf } from '../../sip/rooms.ts';
import { eventsOf } from '../factories/events.ts';
import { newAgent, nextNumber } from '../factories/lines.ts';
import { newPerson } from '../factories/people.ts';
import { testContext } from '../harness/context.ts';
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

/** An answered call whose agent is in the room, and how to start a transfer in it. */
async function rig() {
  const t = await testContext();
  cleanups.push(() => t[Symbol.asyncDispose]());
  const { services, close } = jobServices(t, sip);
  cleanups.push(close);
  const phone = await Softphone.listen();
  cleanups.push(() => phone.close());
  const workers = new FakeFleet(sip);
  cleanups.push(() => workers.close());
  const { ctx } = await newPerson(t);
  const agent = await newAgent(ctx);
  const [fromNumber, toNumber, desk] = [nextNumber(), nextNumber(), nextNumber()];
  const number = await registerSipTrunk(ctx, {
    phoneNumber: fromNumber,
    sipAddress: `${phone.address.host}:${phone.address.port}`,
    transport: 'udp',
    agentId: agent.id,
  });
  await syncNumberWithLiveKit(services, number.id);
  phone.onInvite(answerAfter(50));
  const { id: callId, roomName } = await placeCall(ctx, { fromNumber, toNumber });
  await dialCall(services, callId);
  const transfer = async (target: string) => {
    const answer = await startTransfer(t.system(), {
      ...{ callId, epoch: 1, requestKey: target, target, mode: 'warm' },
    });
    if (!answer.ok) throw new Error(answer.reason);
    return answer.transferId;
  };
  const status = async (transferId: string) => (await getTransfer(t.system(), { transferId })).status;
  return { t, ctx, services, phone, workers, callId, roomName, desk, transfer, status };
}

describe('a transfer', () => {
  test('rings its person into the room of the call once, however many jobs there are', async () => {
    const { services, phone, roomName, desk, transfer, status } = await rig();
    const [call] = phone.calls;
    const marks: (string | undefined)[] = [];
    const answer = answerAfter(400);
    phone.onInvite((invite) => {
      marks.push(invite.headers.get(legOfHeader.toLowerCase()));
      return answer(invite);
    });
    const transferId = await transfer(desk);
    await Promise.all(Array.from({ length: 4 }, () => dialTransfer(services, transferId)));
    expect(phone.invitesTo(desk)).toBe(1);
    // By this a packet capture knows the leg.
    expect(marks).toEqual([legMark(call?.callId ?? '')]);
    expect(await status(transferId)).toBe('briefing');
    expect(await participant(sip.livekit, roomName, personIdentity(transferId))).not.toBeNull();
    expect(await dialTransfer(services, transferId)).toContain('skipped');
    expect(await endTransferLeg(services, transferId)).toBe('removed');
    await waitFor('the BYE', () => phone.calls.at(-1)?.end);
  });

  test('to a SIP address needs no trunk, and a busy one says so', async () => {
    const { services, transfer, status } = await rig();
    const other = await Softphone.listen({ user: 'desk' });
    cleanups.push(() => other.close());
    other.onInvite(answerAfter(50));
    const reached = await transfer(`sip:desk@127.0.0.1:${other.address.port}`);
    const outcome = await dialTransfer(services, reached);
    expect([outcome, (await getTransfer(services.ctx, { transferId: reached })).detail]).toEqual([
      'answered',
      '',
    ]);
    expect(other.invitesTo('desk')).toBe(1);
    await stepTransfer(services.ctx, { transferId: reached, status: 'declined' });
    other.onInvite(busy());
    const refused = await transfer(`sip:front@127.0.0.1:${other.address.port}`);
    expect(await dialTransfer(services, refused)).toBe('busy');
    expect(await status(refused)).toBe('busy');
  });

  test('that was put through is left alone by the sweep, until one of the two is gone', async () => {
    const { t, ctx, services, phone, workers, callId, roomName, desk, transfer } = await rig();
    const transferId = await transfer(desk);
    await dialTransfer(services, transferId);
    await stepTransfer(t.system(), { transferId, status: 'joined' });
    await recordEvents(t.system(), {
      events: eventsOf(callId, [{ type: 'call.bridged', transferId, to: desk }]),
    });
    await workers.close();
    expect(await endTransferLeg(services, transferId)).toContain('put through');
    expect(await reconcileCalls(services)).toBe('leave: 1');
    await sip.livekit.rooms.removeParticipant(roomName, callerIdentity(callId));
    await waitFor('one to be alone', async () => (await participantsOf(sip.livekit, roomName))?.length === 1);
    expect(await reconcileCalls(services)).toBe('end-bridged: 1');
    expect((await getCall(ctx, { callId })).call).toMatchObject({
      status: 'ended',
      endReason: 'transferred',
    });
    expect(await endBridgedCall(t.system(), { callId, detail: '' })).toBe(false);
    expect(phone.invitesTo(desk)).toBe(1);
  });
});
