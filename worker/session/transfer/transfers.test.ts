import { EventEmitter } from 'node:events';
import { ParticipantKind } from '@livekit/rtc-node';
import { beforeEach, expect, test, vi } from 'vitest';
import { agentDefinition } from '../../../core/agents/definition.ts';
import { personIdentity } from '../../../core/calls/plan.ts';
import { createLogger } from '../../../platform/log.ts';
import { serve } from '../../../test/harness/serve.ts';
import type { Caller } from '../caller.ts';
import type { Guests } from '../guests.ts';
import { Outcome } from '../outcome.ts';
import type { CallParts } from '../parts.ts';
import { Transfers } from './transfers.ts';
import type { WaitingRoom } from './waiting-room.ts';

const transferId = '0198f3c0-0000-7000-8000-000000000009';
const phone = (identity: string) => ({
  ...{ identity, sid: identity },
  ...{ info: { kind: ParticipantKind.SIP }, attributes: { 'sip.callStatus': 'active' } },
});

/** Of the control plane and of LiveKit, in their order: the last part of the path, and the status a step wants. */
let asked: string[];
/** What is answered to whom, beside the usual. */
let answer: (what: string) => Promise<{ status: number; body: unknown } | undefined>;
let url: string;

beforeEach(async () => {
  asked = [];
  answer = async () => undefined;
  const host = await serve(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = chunks.length === 0 ? {} : JSON.parse(Buffer.concat(chunks).toString());
    const what = body.status ?? request.url?.split('/').at(-1) ?? '';
    asked.push(what);
    const usual = what === 'transfers' ? begun : { status: body.status ?? 'calling', detail: '' };
    const given = await answer(what);
    response.writeHead(given?.status ?? 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(given?.body ?? usual));
  });
  url = `http://${host}`;
});

const begun = { ok: true, transferId, name: 'Desk', to: '+14155550100', callerNumber: null };

function rig(mode: 'cold' | 'warm' | 'conference', isAnnounced = false) {
  const events: { type: string; outcome?: string }[] = [];
  const person = phone(personIdentity(transferId));
  const room = Object.assign(new EventEmitter(), {
    remoteParticipants: new Map([[person.identity, person]]),
  });
  const outcome = new Outcome();
  const parts = {
    ctx: { room },
    plan: {
      ...{ callId: transferId, epoch: 1, roomName: 'room', channel: 'phone', direction: 'inbound' },
      ...{ fromNumber: '+14155550901', toNumber: '+14155550902' },
      definition: agentDefinition.parse({
        transferTargets: [{ name: 'Desk', number: '+14155550100', mode }],
      }),
    },
    host: {
      config: {
        ...{ controlPlaneUrl: url, secrets: { internalToken: 'token' } },
        livekit: { httpUrl: url, apiKey: 'key', apiSecret: 'secret' },
      },
    },
    log: createLogger('test', { level: 'silent' }),
    events: { emit: (event: { type: string }) => events.push(event) },
    outcome,
    recording: {},
  } as unknown as CallParts;
  const caller = {
    ...{ participant: phone('sip_caller'), answeredAt: 1 },
    leaveBy: (transfer: Promise<void>) => transfer,
  } as unknown as Caller;
  const connect = vi.fn(async () => undefined);
  const waiting = {
    ...{ hold: async () => undefined, release: async () => undefined, connect },
    briefing: async () => 'A caller.',
    consult: async () => 'accepted',
    announceRecording: async () => isAnnounced,
  } as unknown as WaitingRoom;
  const guests = { join: vi.fn(), record: vi.fn() };
  const afterHold = vi.fn(async () => undefined);
  const transfers = new Transfers(parts, caller, {
    ...{ waiting, guests: guests as unknown as Guests, silence: { afterHold } },
  });
  const go = (before?: () => Promise<void>) =>
    transfers.transfer({ target: '', requestKey: '1-1-call_0' }, before);
  return { transfers, go, connect, events, outcome, guests, afterHold };
}

test('while the carrier moves the caller it is too late to give a transfer up; before and after it is not', async () => {
  const { transfers, go } = rig('cold');
  const seen: string[] = [];
  answer = async (what) => {
    if (what !== 'TransferSIPParticipant') return undefined;
    seen.push(transfers.cancel());
    return { status: 500, body: { code: 'unknown', msg: '405 Method Not Allowed' } };
  };
  await expect(go(async () => void seen.push(String(transfers.running)))).resolves.toMatchObject({
    ok: true,
  });
  expect(seen).toEqual(['true', 'too_late']);
  expect(transfers.cancel()).toBe('none');

  const dialed = rig('cold');
  answer = async (what) => {
    if (what === 'TransferSIPParticipant')
      return { status: 500, body: { code: 'unknown', msg: '405 Method Not Allowed' } };
    if (what === 'transfers') expect(dialed.transfers.cancel()).toBe('given_up');
    return undefined;
  };
  expect(await dialed.go()).toMatchObject({ ok: false });
  expect(asked).toContain('cancelled');

  const early = rig('cold');
  asked = [];
  const given = await early.go(async () => void expect(early.transfers.cancel()).toBe('given_up'));
  expect([given.ok, asked]).toEqual([false, []]);
});

test('a process of the control plane that goes or comes costs no transfer', async () => {
  const { go, connect } = rig('warm');
  const met = new Set<string>();
  answer = async (what) => {
    if (met.has(what)) return undefined;
    met.add(what);
    return { status: 503, body: {} };
  };
  expect(await go()).toMatchObject({ ok: true });
  expect(connect).toHaveBeenCalledTimes(1);
  expect(asked).not.toContain('RemoveParticipant');
});

test('two who hear each other stay together when that cannot be noted', async () => {
  for (const mode of ['warm', 'conference'] as const) {
    const { go, events, outcome } = rig(mode);
    answer = async (what) => (what === 'joined' ? { status: 503, body: {} } : undefined);
    expect(await go()).toEqual({ ok: true, stays: mode === 'conference', name: 'Desk' });
    expect(events.at(-1)).toMatchObject({ type: 'transfer.finished', outcome: 'joined' });
    expect(asked).not.toContain('RemoveParticipant');
    expect(outcome.ending?.reason).toBe(mode === 'conference' ? undefined : 'transferred');
  }
});

test('nobody is told that a transfer is given up which is being made', async () => {
  const { transfers, go } = rig('conference');
  const seen: string[] = [];
  answer = async (what) => {
    if (what === 'accepted' || what === 'joined') seen.push(transfers.cancel());
    return undefined;
  };
  expect(await go()).toMatchObject({ ok: true });
  expect(seen).toEqual(['connecting', 'connecting']);
  expect(transfers.cancel()).toBe('none');
});

test('an agent that has the caller again, or still, is told what they said on hold', async () => {
  for (const [mode, times] of [
    ['warm', 0],
    ['conference', 1],
  ] as const) {
    const { go, afterHold } = rig(mode);
    await go();
    expect(afterHold).toHaveBeenCalledTimes(times);
  }
  const refused = rig('warm');
  answer = async (what) =>
    what === 'transfers' ? { status: 200, body: { ok: false, reason: 'Not now.' } } : undefined;
  expect(await refused.go()).toEqual({ ok: false, reason: 'Not now.' });
  expect(refused.afterHold).toHaveBeenCalledTimes(1);
});

test('whoever joins in is heard by the agent; whoever knows of the recording is recorded, and it says so for a rescuer', async () => {
  for (const mode of ['warm', 'conference'] as const)
    for (const isAnnounced of [true, false]) {
      const { go, guests, events } = rig(mode, isAnnounced);
      await go();
      const person = personIdentity(transferId);
      expect(guests.join.mock.calls).toEqual(mode === 'conference' ? [[person]] : []);
      expect(guests.record.mock.calls).toEqual(isAnnounced ? [[person]] : []);
      expect(events.at(-1)).toMatchObject({ outcome: 'joined', recorded: isAnnounced });
    }
});
