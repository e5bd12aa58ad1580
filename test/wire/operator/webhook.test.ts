import { createHash, randomUUID } from 'node:crypto';
import { DisconnectReason, ParticipantInfo_Kind, WebhookEvent } from '@livekit/protocol';
import { AccessToken } from 'livekit-server-sdk';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { listCallsOfRooms, recordEvents, startInboundCall, startWebCall } from '../../../core/calls/index.ts';
import { agentIdentity, numberAttribute } from '../../../core/calls/plan.ts';
import { newAgent, newLine } from '../../factories/lines.ts';
import { newPerson } from '../../factories/people.ts';
import { announceBody } from '../../harness/announce-body.ts';
import { livekitKeys, type TestApp, testApp } from '../../harness/app.ts';

let app: TestApp;
beforeAll(async () => {
  app = await testApp();
});
beforeEach(async () => {
  await app.redis.flushdb();
  app.nudged.length = 0;
});
afterAll(() => app[Symbol.asyncDispose]());

type EventInput = ConstructorParameters<typeof WebhookEvent>[0];

/** As LiveKit sends it: the SHA-256 of the body in a JWT, without "Bearer". */
async function deliver(event: EventInput, options: { secret?: string; tamper?: boolean } = {}) {
  const body = JSON.stringify(new WebhookEvent({ id: `EV_${randomUUID()}`, ...event }).toJson());
  const token = new AccessToken(livekitKeys.apiKey, options.secret ?? livekitKeys.apiSecret);
  token.sha256 = createHash('sha256').update(body).digest('base64');
  return app.call('POST', '/webhook/livekit', {
    body: options.tamper ? `${body} ` : body,
    headers: { 'content-type': 'application/webhook+json', authorization: await token.toJwt() },
  });
}

const room = (sid: string) => ({ sid, name: `room of ${sid}` });
const started = (sid: string, id = `EV_start_${sid}`) =>
  deliver({ id, event: 'room_started', room: room(sid) });
const finished = (sid: string, id = `EV_end_${sid}`) =>
  deliver({ id, event: 'room_finished', room: room(sid) });
const counter = () => app.redis.get('livekit:active_calls');

describe('the signature', () => {
  it('lets in what LiveKit signed', async () => {
    expect(await started('RM_a')).toMatchObject({ status: 200, body: { status: 'handled' } });
  });

  it('keeps out another secret, a changed body, and a body without a signature', async () => {
    const event = { event: 'room_started', room: room('RM_x') };
    expect((await deliver(event, { secret: 'some other secret of 32 characters!' })).status).toBe(401);
    expect((await deliver(event, { tamper: true })).status).toBe(401);
    expect((await app.call('POST', '/webhook/livekit', { body: {} })).status).toBe(401);
    expect(await counter()).toBeNull();
  });
});

describe('a delivery that cannot be taken', () => {
  async function signed(body: string) {
    const token = new AccessToken(livekitKeys.apiKey, livekitKeys.apiSecret);
    token.sha256 = createHash('sha256').update(body).digest('base64');
    return { 'content-type': 'application/webhook+json', authorization: await token.toJwt() };
  }

  it('is 400 when it is signed and no event, 413 when it is too large', async () => {
    for (const body of ['{"event":', '{"event": {}}'])
      expect((await app.call('POST', '/webhook/livekit', { body, headers: await signed(body) })).status).toBe(
        400,
      );
    const headers = await signed('{}');
    expect(await announceBody(`${app.url}/webhook/livekit`, 'POST', headers, 2 ** 30)).toBe(413);
  });

  it.each([
    [503, Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })],
    [500, new Error('no such table')],
  ])('is %i when the database fails, and is handled when it comes again', async (status, error) => {
    const event = { id: `EV_${status}`, event: 'room_finished', room: room(`RM_${status}`) };
    const query = vi.spyOn(app.t.db.$client, 'query').mockRejectedValue(error as never);
    expect((await deliver(event)).status).toBe(status);
    query.mockRestore();
    expect((await deliver(event)).body).toEqual({ status: 'handled' });
  });
});

describe('livekit:active_calls', () => {
  it('counts open rooms', async () => {
    await started('RM_a');
    await started('RM_b');
    expect(await counter()).toBe('2');
    await finished('RM_a');
    expect(await counter()).toBe('1');
  });

  it('counts a room once, however often and under whichever event id it is told', async () => {
    await started('RM_a');
    expect((await started('RM_a')).body).toEqual({ status: 'repeated' });
    await started('RM_a', 'EV_another');
    expect(await counter()).toBe('1');
    await finished('RM_a');
    await finished('RM_a', 'EV_yet_another');
    expect(await counter()).toBe('0');
  });

  it('is not fooled by events in the wrong order, and never goes below zero', async () => {
    await finished('RM_a');
    expect(await counter()).toBe('0');
    await started('RM_a');
    expect(await counter()).toBe('0');
  });

  it('comes out right for many rooms at once', async () => {
    const sids = Array.from({ length: 40 }, (_, n) => `RM_${n}`);
    await Promise.all(
      sids.flatMap((sid, n) => [
        started(sid),
        started(sid, `EV_again_${sid}`),
        ...(n % 2 ? [finished(sid)] : []),
      ]),
    );
    expect(await counter()).toBe('20');
  });

  it('is set right from LiveKit’s own list after a restart', async () => {
    await started('RM_lost');
    await started('RM_kept');
    await app.app.activeCalls.reset(async () => [{ sid: 'RM_kept' }, { sid: 'RM_missed' }]);
    expect(await counter()).toBe('2');
    await finished('RM_missed');
    await finished('RM_lost');
    expect(await counter()).toBe('1');
  });

  it('keeps a room that starts while LiveKit is being asked, and drops one that ends meanwhile', async () => {
    await started('RM_old');
    await app.app.activeCalls.reset(async () => {
      const list = [{ sid: 'RM_old' }];
      await started('RM_new');
      await finished('RM_old');
      return list;
    });
    expect(await counter()).toBe('1');
    await finished('RM_new');
    expect(await counter()).toBe('0');
  });

  it('stays as it is when LiveKit does not answer', async () => {
    await started('RM_a');
    await expect(app.app.activeCalls.reset(() => Promise.reject(new Error('down')))).rejects.toThrow('down');
    expect(await counter()).toBe('1');
  });
});

/** A visitor's call, with the name of its room. */
async function newCall(): Promise<{ callId: string; roomName: string }> {
  const ada = await newPerson(app.t);
  const agent = await newAgent(ada.ctx, { webSlug: `desk-${randomUUID().slice(0, 8)}` });
  const { call } = await startWebCall(app.t.anonymous, { agent: agent.id });
  return { callId: call.id, roomName: call.roomName };
}

describe('an agent that leaves', () => {
  const left = (
    roomName: string,
    identity: string,
    disconnectReason = DisconnectReason.SIGNAL_CLOSE,
    kind = ParticipantInfo_Kind.AGENT,
  ) =>
    deliver({
      event: 'participant_left',
      room: { sid: 'RM_a', name: roomName },
      participant: { identity, kind, disconnectReason },
    });

  it('asks for a rescue of its call and epoch', async () => {
    const { callId, roomName } = await newCall();
    await left(roomName, agentIdentity(callId, 2));
    expect(app.nudged).toEqual([{ kind: 'rescue', callId, epoch: 2 }]);
  });

  it('asks for one too when it took an inbound call, under the name of its job', async () => {
    const { callId, roomName } = await newCall();
    await left(roomName, 'agent-AJ_abc');
    expect(app.nudged).toEqual([{ kind: 'rescue', callId, epoch: 1 }]);
  });

  it('asks for none when the room was closed, when it is a person, or a room of somebody else', async () => {
    const { callId, roomName } = await newCall();
    await left(roomName, agentIdentity(callId, 1), DisconnectReason.ROOM_DELETED);
    await left(
      roomName,
      agentIdentity(callId, 1),
      DisconnectReason.SIGNAL_CLOSE,
      ParticipantInfo_Kind.STANDARD,
    );
    await left('a room of another product', agentIdentity(callId, 1));
    expect(app.nudged).toEqual([]);
  });

  it('asks for none when the call is over', async () => {
    const { callId, roomName } = await newCall();
    await recordEvents(app.t.system(), {
      events: [
        { callId, epoch: 1, seq: 1, at: Date.now(), type: 'ended', reason: 'caller_hung_up', detail: '' },
      ],
    });
    await left(roomName, agentIdentity(callId, 1), DisconnectReason.CLIENT_INITIATED);
    expect(app.nudged).toEqual([]);
  });
});

describe('a caller who hangs up before anything of ours has seen them', () => {
  const left = (roomName: string, number: string, disconnectReason = DisconnectReason.UNKNOWN_REASON) =>
    deliver({
      event: 'participant_left',
      room: { sid: 'RM_a', name: roomName },
      participant: {
        ...{ identity: 'sip_+15550142', disconnectReason },
        kind: ParticipantInfo_Kind.SIP,
        attributes: { [numberAttribute]: number },
      },
    });
  const callOf = async (roomName: string) =>
    (await listCallsOfRooms(app.t.system(), { roomNames: [roomName] }))[0];

  it('has a call, once, of the number and from the caller', async () => {
    const ada = await newPerson(app.t);
    const number = await newLine(app.t, ada.ctx, (await newAgent(ada.ctx)).id);
    const roomName = `inbound_+15550142_${randomUUID().slice(0, 8)}`;
    await left(roomName, number.id);
    const call = await callOf(roomName);
    expect(call).toMatchObject({
      ...{ workspaceId: ada.workspaceId, phoneNumberId: number.id, fromNumber: '+15550142' },
      ...{ direction: 'inbound', status: 'ringing', epoch: 1, appliedSeq: 0 },
    });
    await left(roomName, number.id);
    expect((await callOf(roomName))?.id).toBe(call?.id);
  });

  it('rings no more, whether or not they were seen before; one whom a worker has is left to it', async () => {
    const ada = await newPerson(app.t);
    const number = await newLine(app.t, ada.ctx, (await newAgent(ada.ctx)).id);
    const hungUp = DisconnectReason.CLIENT_INITIATED;
    for (const isSeen of [false, true]) {
      const roomName = `inbound_+15550142_${randomUUID().slice(0, 8)}`;
      if (isSeen) await startInboundCall(app.t.system(), { phoneNumberId: number.id, roomName });
      await left(roomName, number.id, hungUp);
      expect(await callOf(roomName)).toMatchObject({ status: 'ended', endReason: 'caller_hung_up' });
    }
    const roomName = `inbound_+15550142_${randomUUID().slice(0, 8)}`;
    const { callId } = await startInboundCall(app.t.system(), { phoneNumberId: number.id, roomName });
    const joined = { type: 'agent.joined', hostId: 'host-1', identity: 'agent-1' } as const;
    await recordEvents(app.t.system(), {
      events: [{ callId, epoch: 1, seq: 1, at: Date.now(), ...joined }],
    });
    await left(roomName, number.id, hungUp);
    expect(await callOf(roomName)).toMatchObject({ status: 'ringing' });
  });

  it('has none when the number is not ours any more, or nobody answers it', async () => {
    const ada = await newPerson(app.t);
    const unmapped = await newLine(app.t, ada.ctx, null);
    for (const number of [randomUUID(), unmapped.id, 'no id']) {
      const roomName = `inbound_+15550142_${randomUUID().slice(0, 8)}`;
      expect((await left(roomName, number)).body).toEqual({ status: 'handled' });
      expect(await callOf(roomName)).toBeUndefined();
    }
  });
});

describe('one of two who were put through', () => {
  it('has not hung up when their connection is made anew', async () => {
    const { callId, roomName } = await newCall();
    const bridged = { type: 'call.bridged', transferId: randomUUID(), to: '+14155550199' } as const;
    await recordEvents(app.t.system(), {
      events: [{ callId, epoch: 1, seq: 1, at: Date.now(), ...bridged }],
    });
    const left = (disconnectReason: DisconnectReason) =>
      deliver({
        event: 'participant_left',
        room: { sid: 'RM_a', name: roomName },
        participant: { identity: 'person-1', kind: ParticipantInfo_Kind.SIP, disconnectReason },
      });
    const status = async () => (await listCallsOfRooms(app.t.system(), { roomNames: [roomName] }))[0]?.status;
    await left(DisconnectReason.STATE_MISMATCH);
    expect(await status()).not.toBe('ended');
    await left(DisconnectReason.CLIENT_INITIATED);
    expect(await status()).toBe('ended');
  });
});

describe('a caller who was put through out of a conference', () => {
  it('talks on when one of the others hangs up, and not when they do so themselves, or the last one', async () => {
    for (const last of ['person-2', 'caller-1']) {
      const { callId, roomName } = await newCall();
      const bridged = { type: 'call.bridged', transferId: randomUUID(), to: '+14155550199' } as const;
      await recordEvents(app.t.system(), {
        events: [{ callId, epoch: 1, seq: 1, at: Date.now(), ...bridged }],
      });
      const left = (identity: string) =>
        deliver({
          event: 'participant_left',
          room: { sid: 'RM_a', name: roomName },
          participant: {
            ...{ identity, kind: ParticipantInfo_Kind.SIP },
            disconnectReason: DisconnectReason.CLIENT_INITIATED,
          },
        });
      const status = async () =>
        (await listCallsOfRooms(app.t.system(), { roomNames: [roomName] }))[0]?.status;
      app.t.ports.inRooms.set(roomName, ['caller-1', 'person-2']);
      await left('person-1');
      expect(await status()).not.toBe('ended');
      app.t.ports.inRooms.set(roomName, []);
      await left(last);
      expect(await status()).toBe('ended');
    }
  });
});

describe('a supervisor in the room of two who were put through', () => {
  const comes = (roomName: string, identity: string, event: 'participant_joined' | 'track_published') =>
    deliver({ event, room: { sid: 'RM_a', name: roomName }, participant: { identity } });

  it('is kept from whispering, when they come and when they speak; nobody else is, and nobody while the agent is there', async () => {
    const { callId, roomName } = await newCall();
    const { hushed } = app.t.ports;
    await comes(roomName, 'supervisor-1', 'track_published');
    expect(hushed).toEqual([]);
    const bridged = { type: 'call.bridged', transferId: randomUUID(), to: '+14155550199' } as const;
    await recordEvents(app.t.system(), {
      events: [{ callId, epoch: 1, seq: 1, at: Date.now(), ...bridged }],
    });
    await comes(roomName, 'supervisor-1', 'participant_joined');
    await comes(roomName, 'supervisor-1', 'track_published');
    await comes(roomName, 'person-1', 'track_published');
    expect(hushed).toEqual(['supervisor-1', 'supervisor-1']);
  });
});

describe('a room that is gone', () => {
  it('asks for the closing of its call', async () => {
    const { callId, roomName } = await newCall();
    await deliver({ event: 'room_finished', room: { sid: 'RM_call', name: roomName } });
    await finished('RM_nobody');
    expect(app.nudged).toEqual([{ kind: 'finalize', callId }]);
  });
});

describe('a failure while handling', () => {
  it('is answered with an error and handled when LiveKit sends the event again', async () => {
    await app.redis.set('livekit:open_rooms', 'not a sorted set');
    expect((await started('RM_a')).status).toBe(500);
    await app.redis.del('livekit:open_rooms');
    expect((await started('RM_a')).body).toEqual({ status: 'handled' });
    expect(await counter()).toBe('1');
  });
});
