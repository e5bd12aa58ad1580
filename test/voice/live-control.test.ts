import '../harness/quiet-rtc.ts';
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
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitFor } from '../../platform/retry.ts';
import { speak } from '../../simulate/audio/speak.ts';
import { Softphone } from '../../simulate/softphone/softphone.ts';
import type { Product } from '../harness/product.ts';
import { sharedProduct } from '../harness/shared-product.ts';
import { newAgent } from './lines.ts';
import {
  askUntil,
  type CallDetail,
  dialDemo,
  findCall,
  finished,
  hear,
  hearUntil,
  patienceMs,
  say,
  sayUntil,
  spokenBy,
} from './support.ts';

interface Result {
  readonly status: string;
  readonly detail: string;
}
interface Seat {
  readonly token: string;
  readonly url: string;
  readonly identity: string;
}

describe('a supervisor of a live call', () => {
  let product: Product;
  let phone: Softphone;
  const rooms: Room[] = [];

  beforeAll(async () => {
    product = await sharedProduct();
    phone = await Softphone.listen({ user: 'caller' });
  });

  afterAll(async () => {
    for (const room of rooms) await room.disconnect();
    await phone?.close();
    await dispose();
  });

  async function live(from: string) {
    const call = await dialDemo(product, phone, from);
    await hear(product, call, call.answeredAt ?? 0);
    const callId = await findCall(product, from);
    let commands = 0;
    const ask = (kind: string, fields: object = {}) =>
      product.api<Result>('POST', `/calls/${callId}/control`, {
        command_id: `${kind}-${++commands}`,
        kind,
        ...fields,
      });
    return { call, callId, ask };
  }

  /** Joins as somebody with a seat; `speaks`: with a microphone. */
  async function sit(callId: string, mode: string) {
    const seat = await product.api<Seat>('POST', `/calls/${callId}/supervise`, { mode });
    const room = new Room();
    rooms.push(room);
    const heard: string[] = [];
    room.on(RoomEvent.TrackSubscribed, (_track, _publication, { identity }) => void heard.push(identity));
    room.registerByteStreamHandler('lk.agent.session', () => undefined);
    room.registerTextStreamHandler('lk.transcription', () => undefined);
    await room.connect(seat.url, seat.token, { autoSubscribe: true, dynacast: false });
    let microphone: AudioSource | undefined;
    const openMicrophone = async (sampleRate: number) => {
      const source = new AudioSource(sampleRate, 1, 60_000);
      const track = LocalAudioTrack.createAudioTrack('mic', source);
      await room.localParticipant?.publishTrack(
        track,
        new TrackPublishOptions({ source: TrackSource.SOURCE_MICROPHONE }),
      );
      // Whoever is to hear it has to subscribe first.
      await new Promise((resolve) => setTimeout(resolve, 600));
      return source;
    };
    const talk = async (text: string) => {
      const { samples, sampleRate } = await speak({ speechUrl: product.speechUrl, text });
      microphone ??= await openMicrophone(sampleRate);
      // Silence behind it lets the recogniser finish.
      const padded = new Int16Array(samples.length + 2 * sampleRate);
      padded.set(samples);
      await microphone.captureFrame(new AudioFrame(padded, sampleRate, 1, padded.length));
      await microphone.waitForPlayout();
    };
    /** Four seconds of a sound that is easily told from silence. */
    const drone = async () => {
      const source = new AudioSource(16_000, 1, 60_000);
      const track = LocalAudioTrack.createAudioTrack('drone', source);
      await room.localParticipant?.publishTrack(
        track,
        new TrackPublishOptions({ source: TrackSource.SOURCE_MICROPHONE }),
      );
      const samples = Int16Array.from({ length: 64_000 }, (_, at) => 9_000 * Math.sin(at / 6));
      await source.captureFrame(new AudioFrame(samples, 16_000, 1, samples.length));
      await source.waitForPlayout();
    };
    return { ...seat, room, heard, talk, drone };
  }

  const events = async (callId: string, type: string) =>
    (await product.api<CallDetail>('GET', `/calls/${callId}`)).events.filter((event) => event.type === type);

  it.concurrent('makes the agent say something, fall silent and speak again', async () => {
    const { call, callId, ask } = await live('+15550301');
    const from = performance.now();
    const startedAt = Date.now();
    expect(await ask('say', { text: 'The doctor is running ten minutes late.' })).toMatchObject({
      status: 'applied',
    });
    expect(Date.now() - startedAt).toBeLessThan(2_000);
    expect((await hear(product, call, from)).toLowerCase()).toContain('minutes late');

    expect(await ask('mute')).toMatchObject({ status: 'applied' });
    await say(product, call, 'What are your opening hours?');
    await waitFor('the question to be noted', async () => (await events(callId, 'user.turn')).length > 0, {
      timeoutMs: patienceMs,
      everyMs: 200,
    });
    await call.heardSilence({ ms: 2_500, timeoutMs: patienceMs });
    expect((await events(callId, 'agent.turn')).filter(({ data }) => data.source === 'reply')).toEqual([]);

    expect(await ask('unmute')).toMatchObject({ status: 'applied' });
    await askUntil(product, call, 'How much is a cleaning?', /ninety|dollars/);
    expect(await ask('hand_back')).toMatchObject({ status: 'refused' });
    expect(await ask('end')).toMatchObject({ status: 'applied' });
    expect((await call.ended).by).toBe('remote');
    const record = await finished(product, callId);
    expect(record.end_reason).toBe('operator_hung_up');
    await expect(ask('mute')).rejects.toThrow('409');
  });

  it.concurrent('listens unseen, and whispers to the agent alone', async () => {
    const { call, callId } = await live('+15550302');
    const ear = await sit(callId, 'listen');
    await waitFor('both to be heard', () => new Set(ear.heard).size >= 2, { timeoutMs: patienceMs });
    const whisperer = await sit(callId, 'whisper_agent');
    const from = performance.now();
    let turns: Awaited<ReturnType<typeof events>> = [];
    await sayUntil(/free/, async () => {
      const before = turns.length;
      await whisperer.talk('Offer the customer a free check up.');
      await waitFor('the whisper', async () => (await events(callId, 'human.turn')).length > before, {
        timeoutMs: patienceMs,
        everyMs: 200,
      });
      turns = await events(callId, 'human.turn');
      return turns.map(({ data }) => data.text).join(' ');
    });
    // Not a word of it has reached the caller.
    const leaked = call.speechSegments().filter(({ endMs }) => endMs > from);
    expect(leaked).toEqual([]);
    for (const { data } of turns)
      expect(data).toMatchObject({ heard_by: 'agent', identity: whisperer.identity });
    // Somebody who listens is not there for the others; somebody who speaks is.
    const seen = (await events(callId, 'supervisor.changed')).map(({ data }) => data.identity);
    expect(seen).toEqual([whisperer.identity]);
    await call.sendDtmf('42#');
    await waitFor('the keys to reach the agent', async () => (await events(callId, 'user.turn')).length > 0, {
      timeoutMs: patienceMs,
      everyMs: 200,
    });
    await call.hangup();
    const record = await finished(product, callId);
    expect(spokenBy(record, 'agent').toLowerCase()).not.toContain('free check');
    expect(spokenBy(record, 'user')).toBe('[keys pressed: 42#]');
  });

  it.concurrent('takes the call over, is heard by the caller, and hands it back with what was said', async () => {
    const { call, callId, ask } = await live('+15550303');
    expect(await ask('take_over')).toMatchObject({ status: 'applied' });
    const supervisor = await sit(callId, 'barge');
    const from = performance.now();
    const talking = supervisor.talk('Hello, this is Robin, and I will help you myself.');
    expect((await hear(product, call, from)).toLowerCase()).toMatch(/robin|help/);
    await talking;
    // Whoever may only listen is not heard any more, at once.
    const droning = supervisor.drone();
    await call.heardSpeech({ afterMs: performance.now(), minMs: 300, timeoutMs: patienceMs });
    const askedAt = performance.now();
    const { identity } = supervisor;
    expect(await ask('supervise', { identity, mode: 'listen' })).toMatchObject({ status: 'applied' });
    const { startedAt: lastSound } = await call.heardSilence({ ms: 700, timeoutMs: patienceMs });
    console.info(`closed to the caller after ${Math.round(lastSound - askedAt)} ms, request included`);
    expect(lastSound - askedAt).toBeLessThan(1_500);
    await droning;
    await say(product, call, 'What are your opening hours?');
    await waitFor(
      'both to be noted',
      async () =>
        (await events(callId, 'human.turn')).length > 0 && (await events(callId, 'user.turn')).length > 0,
      { timeoutMs: patienceMs, everyMs: 200 },
    );
    const handedAt = performance.now();
    expect(await ask('hand_back')).toMatchObject({ status: 'applied' });
    // The agent answers what nobody has answered yet.
    await hearUntil(product, call, handedAt, /open|monday|nine/);
    const { id } = await newAgent(product, {
      agent_name: 'Billing',
      first_message: 'You have reached the billing office. Your cleaning was ninety dollars.',
    });
    const switchedAt = performance.now();
    expect(await ask('hand_off', { agent_id: id })).toMatchObject({ status: 'applied' });
    await hearUntil(product, call, switchedAt, /ninety|dollars/);
    await call.hangup();
    const record = await finished(product, callId);
    expect(record.events.filter(({ type }) => type === 'agent.handed_off')).toMatchObject([
      { data: { ok: true, from_agent_id: product.run.demo.agentId, to_agent_id: id } },
    ]);
    expect(spokenBy(record, 'agent').toLowerCase()).toContain('help you myself');
    expect(record.disposition).toBe('completed');
  });

  it.concurrent('writes to the agent and for the caller, presses keys, and is told what cannot be done', async () => {
    const { call, callId, ask } = await live('+15550304');
    const keys: string[] = [];
    call.on('dtmf', (key) => keys.push(key));
    expect(await ask('dtmf', { digits: '4#' })).toMatchObject({ status: 'applied' });
    await waitFor('the keys', () => keys.join('') === '4#', { timeoutMs: patienceMs });

    expect(await ask('instruct', { text: 'Mention the parking lot.' })).toMatchObject({ status: 'applied' });
    expect(await ask('whisper', { text: 'They are in a hurry.' })).toMatchObject({ status: 'applied' });
    const from = performance.now();
    expect(await ask('message', { text: 'How much is a cleaning?' })).toMatchObject({ status: 'applied' });
    await hearUntil(product, call, from, /ninety|dollars/);

    expect(await ask('whisper', { text: 'Take the call.', to: 'person' })).toMatchObject({
      ...{ status: 'refused', detail: 'Nobody is being consulted.' },
    });
    expect(await ask('cancel_transfer')).toMatchObject({ status: 'refused' });
    await call.hangup();
    const record = await finished(product, callId);
    expect(spokenBy(record, 'agent')).not.toMatch(/parking|hurry/);
  });
});
