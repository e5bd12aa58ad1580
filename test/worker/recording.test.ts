import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dispose } from '@livekit/rtc-node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { controlAction } from '../../core/calls/control/command.ts';
import { type CallPlan, personIdentity } from '../../core/calls/plan.ts';
import { readWavHeader, recordingRate, wavHeaderBytes } from '../../core/recordings/wav.ts';
import { newId } from '../../platform/ids.ts';
import { waitFor } from '../../platform/retry.ts';
import { Rig } from './rig/rig.ts';

interface Piece {
  readonly callId: string;
  readonly startedAt: number;
  readonly last: boolean;
  readonly left: Int16Array;
  readonly right: Int16Array;
}

let rig: Rig;
let server: Server;
const pieces: Piece[] = [];

beforeAll(async () => {
  server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    if (request.method === 'PUT') pieces.push(pieceOf(request.url ?? '', Buffer.concat(chunks)));
    response.writeHead(request.method === 'PUT' ? 204 : 404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  rig = await Rig.start({ CONTROL_PLANE_URL: `http://127.0.0.1:${port}` });
});
afterAll(async () => {
  await rig?.[Symbol.asyncDispose]();
  server?.close();
  await dispose();
});

function pieceOf(url: string, bytes: Buffer): Piece {
  const { pathname, searchParams } = new URL(url, 'http://control-plane');
  expect(readWavHeader(bytes)?.dataBytes).toBe(bytes.length - wavHeaderBytes);
  const channel = (offset: number) =>
    Int16Array.from({ length: (bytes.length - wavHeaderBytes) / 4 }, (_, at) =>
      bytes.readInt16LE(wavHeaderBytes + at * 4 + offset),
    );
  const before = (Number(searchParams.get('offset')) / recordingRate) * 1_000;
  return {
    callId: pathname.split('/')[3] ?? '',
    startedAt: Number(searchParams.get('stretch')) + before,
    last: searchParams.get('last') === 'true',
    left: channel(0),
    right: channel(2),
  };
}

const arrived = (callId: string) =>
  waitFor('the last piece', () => pieces.find((piece) => piece.callId === callId && piece.last), {
    timeoutMs: 20_000,
  });

/** Spans in which a channel is loud, epoch ms; gaps below 600 ms, as a busy machine makes them, belong to it. */
function loudSpans(samples: Int16Array, startedAt: number): { from: number; to: number }[] {
  const spans: { from: number; to: number }[] = [];
  const size = recordingRate / 100;
  for (let at = 0; at < samples.length; at += size) {
    if (!samples.subarray(at, at + size).some((value) => Math.abs(value) > 500)) continue;
    const from = startedAt + (at / recordingRate) * 1_000;
    const last = spans.at(-1);
    if (last && from - last.to < 600) last.to = from + 10;
    else spans.push({ from, to: from + 10 });
  }
  return spans;
}

async function command(plan: CallPlan, id: string, action: unknown): Promise<void> {
  await rig.command(plan, { id, callId: plan.callId, action: controlAction.parse(action) });
  await rig.event(plan, 'control.applied', ({ commandId }) => commandId === id);
}

describe('a call that is recorded', () => {
  test('is recorded from the end of the consent line on, both sides as they were heard', async () => {
    const plan = rig.plan({
      firstMessage: `Welcome. ${'This sentence goes on and on and nobody wants to hear it. '.repeat(4)}`,
      recording: { policy: 'on', consentLine: 'This call is recorded.' },
    });
    const caller = await rig.call(plan);
    await caller.hears(0);
    await rig.event(plan, 'recording.started');
    await waitFor('the greeting', () => caller.heard.length > 0 && caller.hearsAgent);
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    // The caller talks into the greeting, and is answered.
    const began = Date.now();
    const asked = await caller.ask();
    await rig.event(plan, 'interrupted');
    await caller.hears(asked - 200);
    // A pause between two of its words is not its end.
    await rig.event(plan, 'agent.turn', ({ source, endedAt }) => source === 'reply' && endedAt > asked);
    await caller.silence();
    await caller.leave();
    await rig.event(plan, 'ended');

    const types = rig.of(plan).map(({ type }) => type);
    expect(types.indexOf('recording.started')).toBeGreaterThan(types.indexOf('call.answered'));
    expect(types.indexOf('recording.stopped')).toBeLessThan(types.indexOf('ended'));
    expect(rig.of(plan).filter(({ type }) => type === 'agent.turn')[0]).toMatchObject({
      text: 'This call is recorded.',
      source: 'say',
    });
    const piece = await arrived(plan.callId);
    const stopped = await rig.event(plan, 'recording.stopped');
    expect(stopped.durationMs).toBe(Math.round(piece.left.length / 16));

    // Left: the question, when it was asked. Right: what the caller heard of the agent, until it fell silent, and the
    // reply.
    const [question] = loudSpans(piece.left, piece.startedAt);
    expect(Math.abs((question?.from ?? 0) - began)).toBeLessThan(700);
    const heard = caller.heard.map(({ from, to }) => ({ from, to: to || Date.now() }));
    const spoken = loudSpans(piece.right, piece.startedAt);
    expect(spoken.length).toBeGreaterThan(1);
    for (const span of spoken) {
      const twin = heard.find(({ from, to }) => from < span.to + 500 && to > span.from);
      expect(Math.abs((twin?.to ?? 0) - span.to), JSON.stringify({ spoken, heard })).toBeLessThan(500);
    }
    // The two sides have one clock: the greeting stops while the question is being asked.
    expect(spoken[0]?.to).toBeGreaterThan(question?.from ?? 0);
    expect(spoken[0]?.to).toBeLessThan(question?.to ?? 0);
    expect(spoken.at(-1)?.from).toBeGreaterThan(question?.to ?? 0);
  });

  test('and that another worker had as a conference is heard and recorded with the person who had joined', async () => {
    const person = personIdentity(newId());
    const plan = rig.plan(
      { recording: { policy: 'on', consentLine: 'This call is recorded.' } },
      {
        epoch: 2,
        resume: {
          ...{ history: [{ role: 'user', text: 'A person, please.' }], answeredAt: Date.now() - 20_000 },
          ...{ recording: 'on', guests: [{ identity: person, name: 'Desk', recorded: true }] },
        },
      },
    );
    const caller = await rig.join(plan);
    const guest = await rig.join(plan, person);
    await rig.dispatch(plan);
    await rig.event(plan, 'recording.started');
    const began = Date.now();
    await guest.ask();
    expect((await rig.event(plan, 'user.turn')).text).toBe(rig.providers.transcript);
    await rig.event(plan, 'agent.turn', ({ source }) => source === 'reply');
    await caller.leave();
    await rig.event(plan, 'ended');
    expect(rig.of(plan).flatMap((event) => (event.type === 'agent.turn' ? event.source : []))).toEqual([
      'reply',
    ]);
    const piece = await arrived(plan.callId);
    const [question] = loudSpans(piece.right, piece.startedAt);
    expect(Math.abs((question?.from ?? 0) - began)).toBeLessThan(700);
    await guest.leave();
  });

  test('hears a consent line out before a supervisor’s words are answered, and is recorded', async () => {
    const consentLine =
      'This call is recorded, so that what we agree on can be looked up later by both of us.';
    const plan = rig.plan({ firstMessage: '', recording: { policy: 'on', consentLine } });
    const caller = await rig.call(plan);
    await caller.hears(0);
    await command(plan, 'ask', { kind: 'message', text: 'Tell me the price.' });
    await rig.event(plan, 'recording.started');
    await rig.event(plan, 'agent.turn', ({ source }) => source === 'reply');
    await caller.leave();
    await rig.event(plan, 'ended');
    const turns = rig.of(plan).flatMap((event) => (event.type === 'agent.turn' ? [event] : []));
    expect(turns[0]).toMatchObject({ text: consentLine, interrupted: false });
    expect(turns[1]?.source).toBe('reply');
  });

  test('is not recorded when its consent line is cut off, and its events say so', async () => {
    const consentLine =
      'This call is recorded, so that what we agree on can be looked up later by both of us.';
    const plan = rig.plan({ firstMessage: '', recording: { policy: 'on', consentLine } });
    const caller = await rig.call(plan);
    await caller.hears(0);
    await command(plan, 'hush', { kind: 'mute' });
    expect(await rig.event(plan, 'error')).toMatchObject({ source: 'session', provider: 'recording' });
    await caller.leave();
    await rig.event(plan, 'ended');
    expect(rig.of(plan).some(({ type }) => type.startsWith('recording.'))).toBe(false);
  });

  test('leaves nothing when its policy is off', async () => {
    const plan = rig.plan();
    const caller = await rig.call(plan);
    await caller.hears(0);
    await caller.leave();
    await rig.event(plan, 'ended');
    expect(rig.of(plan).some(({ type }) => type.startsWith('recording.'))).toBe(false);
    expect(pieces.some(({ callId }) => callId === plan.callId)).toBe(false);
  });

  test('keeps what was recorded when its host is killed', async () => {
    const plan = rig.plan({ recording: { policy: 'on', consentLine: '' } });
    const caller = await rig.call(plan);
    await caller.hears(0);
    await caller.ask();
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    const killedAt = Date.now();
    process.kill(await rig.hostPid(), 'SIGKILL');
    const piece = await arrived(plan.callId);
    await caller.leave();
    expect(loudSpans(piece.left, piece.startedAt).length).toBeGreaterThan(0);
    const lostMs = killedAt - (piece.startedAt + piece.left.length / 16);
    expect(lostMs).toBeLessThan(4_000);
  });
});
