import {
  AudioFrame,
  AudioSource,
  dispose,
  LocalAudioTrack,
  Room,
  RoomEvent,
  TrackPublishOptions,
  TrackSource,
} from '@livekit/rtc-node';
import { AccessToken, RoomServiceClient, SipClient } from 'livekit-server-sdk';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  answerAfter,
  busy,
  type Callee,
  declined,
  noAnswer,
  unreachable,
} from '../../simulate/softphone/callee.ts';
import { SoftphoneTimeout } from '../../simulate/softphone/listening.ts';
import { Softphone } from '../../simulate/softphone/softphone.ts';
import { type LivekitStack, startLivekitStack } from './livekit-stack.ts';
import { logCallsOfFailedTests } from './log-failed-calls.ts';

/**
 * The softphone against livekit-sip 1.8.0 and livekit-server 1.13.5. Each test's name is something the
 * product builds on; a newer server that breaks one changes the product.
 */

const number = '+15550100';
const caller = '+14155550001';
const patience = { timeoutMs: 20_000 };

let stack: LivekitStack;
let sip: SipClient;
let rooms: RoomServiceClient;
let phone: Softphone;
let trunkId: string;
const joined: Room[] = [];

beforeAll(async () => {
  stack = await startLivekitStack();
  sip = new SipClient(stack.url, stack.apiKey, stack.apiSecret);
  rooms = new RoomServiceClient(stack.url, stack.apiKey, stack.apiSecret);
  phone = await Softphone.listen({ user: 'phone', t1Ms: 50 });
  const trunk = await sip.createSipInboundTrunk('in', [number], { allowedAddresses: ['127.0.0.1/32'] });
  await sip.createSipDispatchRule(
    { type: 'individual', roomPrefix: 'call-' },
    { trunkIds: [trunk.sipTrunkId], attributes: { desk: 'front' } },
  );
  const address = `127.0.0.1:${phone.address.port}`;
  trunkId = (await sip.createSipOutboundTrunk('out', address, [caller])).sipTrunkId;
}, 60_000);

afterEach(async () => {
  for (const room of joined.splice(0)) await room.disconnect();
  await Promise.all((phone?.calls ?? []).map((call) => call.hangup()));
  for (const { name } of (await rooms?.listRooms()) ?? []) await rooms.deleteRoom(name);
});

afterAll(async () => {
  await phone?.close();
  await stack?.close();
  await dispose();
});

logCallsOfFailedTests(() => [phone]);

const dial = (to = number) => phone.call({ to: `sip:${to}@127.0.0.1:${stack.sipPort}`, from: caller });

async function join(name: string, identity = 'agent'): Promise<Room> {
  const token = new AccessToken(stack.apiKey, stack.apiSecret, { identity });
  token.addGrant({ roomJoin: true, room: name });
  const room = new Room();
  joined.push(room);
  const options = { autoSubscribe: true, dynacast: false };
  await room.connect(stack.url.replace('http', 'ws'), await token.toJwt(), options);
  return room;
}

async function publish(room: Room): Promise<AudioSource> {
  const source = new AudioSource(24_000, 1);
  const options = new TrackPublishOptions();
  options.source = TrackSource.SOURCE_MICROPHONE;
  await room.localParticipant?.publishTrack(LocalAudioTrack.createAudioTrack('voice', source), options);
  return source;
}

/** The room of the call that rings; the participant counts of `listRooms` are seconds late. */
async function roomOfCaller(): Promise<string> {
  const look = async () => {
    for (const { name } of await rooms.listRooms()) {
      if ((await rooms.listParticipants(name)).length > 0) return name;
    }
    return undefined;
  };
  await expect.poll(look, { timeout: 10_000 }).toBeDefined();
  return (await look()) ?? '';
}

async function beep(source: AudioSource, ms: number): Promise<void> {
  for (let at = 0; at < ms; at += 20) {
    const samples = Int16Array.from({ length: 480 }, (_, i) => 8_000 * Math.sin((at * 24 + i) / 9));
    await source.captureFrame(new AudioFrame(samples, 24_000, 1, 480));
  }
}

describe('livekit-sip called by a softphone', () => {
  it('rings until an agent publishes audio: joining the room alone does not answer', async () => {
    const call = await dial();
    const name = await roomOfCaller();
    expect(name).toMatch(/^call-_\+14155550001_\w{12}$/);
    const [participant] = await rooms.listParticipants(name);
    expect(participant?.identity).toBe(`sip_${caller}`);
    expect(participant?.attributes).toMatchObject({
      'sip.callStatus': 'ringing',
      'sip.phoneNumber': caller,
      'sip.trunkPhoneNumber': number,
      'sip.callIDFull': call.callId,
      desk: 'front',
    });
    const agent = await join(name);
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect(call.answeredAt).toBeUndefined();
    await publish(agent);
    await call.answered(patience);
    expect(new Set(call.provisionals.map(({ status }) => status))).toEqual(new Set([100, 180]));
  });

  it('carries audio, keys and a transfer, and hangs up when the room is deleted', async () => {
    const call = await dial();
    const name = await roomOfCaller();
    const agent = await join(name);
    const keys: string[] = [];
    agent.on(RoomEvent.DtmfReceived, (_, digit) => keys.push(digit));
    const source = await publish(agent);
    await call.answered(patience);
    await beep(source, 600);
    await call.heardSpeech({ minMs: 300, ...patience });
    await call.heardSilence({ ms: 300, ...patience });
    expect(call.media.timeline.packetsLost).toBe(0);
    await call.sendDtmf('5#');
    await expect.poll(() => keys.join(''), { timeout: 5_000 }).toBe('5#');
    await agent.localParticipant?.publishDtmf(9, '9');
    await expect.poll(() => call.digits, { timeout: 5_000 }).toBe('9');
    call.referOutcome = { status: 486, reason: 'Busy Here' };
    const transfer = sip.transferSipParticipant(name, `sip_${caller}`, 'tel:+15557777', {
      playDialtone: false,
    });
    await expect(transfer).rejects.toMatchObject({ sipStatusCode: 486 });
    expect((await call.referred).target).toBe('tel:+15557777');
    await rooms.deleteRoom(name);
    expect((await call.ended).by).toBe('remote');
  });

  it('rejects with 486 when the caller is removed from the room while it rings', async () => {
    const call = await dial();
    const name = await roomOfCaller();
    await new Promise((resolve) => setTimeout(resolve, 300));
    await rooms.removeParticipant(name, `sip_${caller}`);
    await expect(call.answered(patience)).rejects.toMatchObject({ status: 486, reason: 'Rejected' });
  });

  it('leaves a number nobody has without any final answer, unless a catch-all trunk asks for a password', async () => {
    const unknown = await dial('+15559999');
    await expect(unknown.answered({ timeoutMs: 1_500 })).rejects.toBeInstanceOf(SoftphoneTimeout);
    const password = { authUsername: 'nobody', authPassword: 'a-password-nobody-knows' };
    const catchAll = await sip.createSipInboundTrunk('catch-all', [], password);
    await expect((await dial('+15559999')).answered(patience)).rejects.toMatchObject({ status: 407 });
    const known = await dial();
    await expect.poll(() => known.provisionals.some(({ status }) => status === 180)).toBe(true);
    await known.cancel();
    await sip.deleteSipTrunk(catchAll.sipTrunkId);
  });
});

describe('livekit-sip calling a softphone', () => {
  const place = (callee: Callee, room = 'out') => {
    phone.onInvite(callee);
    return sip.createSipParticipant(trunkId, '+15558888', room, {
      participantIdentity: 'leg-1',
      waitUntilAnswered: true,
      ringingTimeout: 2,
    });
  };

  it.each([
    [486, busy()],
    [603, declined()],
    [404, declined(404, 'Not Found')],
    [503, declined(503, 'Service Unavailable')],
  ])('reports a %i with its status', async (sipStatusCode, callee) => {
    await expect(place(callee)).rejects.toMatchObject({ name: 'SipCallError', sipStatusCode });
  });

  it.each([
    ['no answer', noAnswer()],
    ['silence', unreachable()],
  ])('reports %s as a timeout without a status, and cancels', async (_, callee) => {
    await expect(place(callee)).rejects.toMatchObject({ code: 'canceled', status: 408 });
    await expect.poll(() => phone.wire.findLast(({ text }) => text.startsWith('CANCEL'))).toBeDefined();
  });

  it('sends one INVITE, resolves at the answer, and a removed leg is hung up', async () => {
    const before = phone.invitesTo('+15558888');
    await place(answerAfter(200), 'answered');
    expect(phone.invitesTo('+15558888')).toBe(before + 1);
    const [leg] = await rooms.listParticipants('answered');
    expect(leg?.attributes['sip.callStatus']).toBe('active');
    await rooms.removeParticipant('answered', 'leg-1');
    expect((await phone.calls.at(-1)?.ended)?.by).toBe('remote');
  });
});

describe('livekit-server', () => {
  it('takes away the tracks of whoever loses the right to publish, and takes no others from them', async () => {
    const [listener, speaker] = [await join('quiet', 'listener'), await join('quiet', 'speaker')];
    const sounds = new Set<string>();
    listener.on(RoomEvent.TrackSubscribed, (_track, { sid = '' }) => void sounds.add(sid));
    listener.on(RoomEvent.TrackUnpublished, ({ sid = '' }) => void sounds.delete(sid));
    await publish(speaker);
    await expect.poll(() => sounds.size, { timeout: 10_000 }).toBe(1);
    await rooms.updateParticipant('quiet', 'speaker', {
      permission: { canSubscribe: true, canPublish: false, canPublishData: false },
    });
    await expect.poll(() => sounds.size, { timeout: 10_000 }).toBe(0);
    await expect(publish(speaker)).rejects.toThrow();
    expect(sounds.size).toBe(0);
  });
});
