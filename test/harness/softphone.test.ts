import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { decodeUlaw, encodeUlaw } from '../../simulate/audio/ulaw.ts';
import { readWav } from '../../simulate/audio/wav.ts';
import type { Call } from '../../simulate/softphone/call.ts';
import { writeCallLog } from '../../simulate/softphone/call-log.ts';
import { answerAfter, busy, declined, noAnswer, unreachable } from '../../simulate/softphone/callee.ts';
import { SipTimeout } from '../../simulate/softphone/sip/client-transaction.ts';
import { Softphone } from '../../simulate/softphone/softphone.ts';
import { logCallsOfFailedTests } from './log-failed-calls.ts';
import { indexOfClip, tone } from './tone.ts';

const answeredIn = { timeoutMs: 10_000 };
const number = '+15550100';
const clip = tone(440, 8_000, 4_000);
const overThePhone = decodeUlaw(encodeUlaw(clip));

let ada: Softphone;
let ben: Softphone;

beforeEach(async () => {
  ada = await Softphone.listen({ user: 'ada', t1Ms: 50 });
  ben = await Softphone.listen({ user: 'ben', t1Ms: 50 });
});

afterEach(async () => {
  await ada.close();
  await ben.close();
});

logCallsOfFailedTests(() => [ada, ben]);

const dial = (from = '+14155550001') => ada.call({ to: ben.uri(number), from });

/** An answered call, as both sides have it. */
async function connected() {
  const other = new Promise<Call>((resolve) => ben.onInvite(answerAfter(0, (call) => resolve(call))));
  const call = await dial();
  await call.answered(answeredIn);
  return { call, other: await other };
}

describe('a call', () => {
  it('rings, is answered, and carries audio both ways bit for bit', async () => {
    const { call, other } = await connected();
    expect(call.provisionals.map(({ status }) => status)).toEqual([180]);
    expect(other.remoteNumber).toBe('+14155550001');
    const [said] = await Promise.all([call.play(clip), other.play(clip)]);
    const heard = await other.heardSpeech({ afterMs: said.startedAt - 40, minMs: 300, timeoutMs: 5_000 });
    // A machine that stands still makes a pause in what is heard, which is not its end.
    for (const side of [call, other])
      await vi.waitFor(
        () => expect(indexOfClip(side.heard(), overThePhone)).toBeGreaterThanOrEqual(0),
        5_000,
      );
    expect(Math.abs(heard.startedAt - said.startedAt)).toBeLessThan(60);
  });

  it('is heard to end when the caller knows to have stopped', async () => {
    const { call, other } = await connected();
    const { lastSpeechAt } = await call.play(clip);
    const { startedAt } = await other.heardSilence({ ms: 200, timeoutMs: 5_000 });
    expect(Math.abs(startedAt - lastSpeechAt)).toBeLessThan(60);
  });

  it('plays clips of other rates', async () => {
    const { call, other } = await connected();
    await call.play(tone(440, 24_000, 12_000), 24_000);
    await other.heardSilence({ ms: 200, timeoutMs: 5_000 });
    const [segment] = other.speechSegments();
    expect((segment?.endMs ?? 0) - (segment?.startMs ?? 0)).toBeGreaterThan(450);
  });

  it.each(['caller', 'callee'] as const)('is ended by the %s and both know', async (who) => {
    const { call, other } = await connected();
    await (who === 'caller' ? call : other).hangup();
    expect((await call.ended).by).toBe(who === 'caller' ? 'local' : 'remote');
    expect((await other.ended).by).toBe(who === 'caller' ? 'remote' : 'local');
  });

  it('passes on keys pressed in the audio stream and by INFO, each once and in order', async () => {
    const { call, other } = await connected();
    await call.sendDtmf('0123456789*#');
    await other.sendDtmf('55');
    await call.sendInfoDtmf('A');
    await expect.poll(() => other.digits).toBe('0123456789*#A');
    await expect.poll(() => call.digits).toBe('55');
    expect(other.media.timeline.packetsLost).toBe(0);
  });

  it('goes on after a re-INVITE from either side', async () => {
    const { call, other } = await connected();
    await call.reinvite();
    await other.reinvite();
    await call.play(clip);
    await other.heardSilence({ ms: 200, timeoutMs: 5_000 });
    expect(indexOfClip(other.heard(), overThePhone)).toBeGreaterThanOrEqual(0);
  });

  it('answers UPDATE and OPTIONS within it, and refuses what it does not know', async () => {
    const { call } = await connected();
    const statuses = [];
    for (const method of ['UPDATE', 'OPTIONS', 'PUBLISH']) statuses.push((await call.request(method)).status);
    expect(statuses).toEqual([200, 200, 405]);
  });

  it.each([
    ['works out', 200],
    ['fails', 486],
  ])('that is transferred reports the target, and that it %s', async (_, status) => {
    const { call, other } = await connected();
    call.referOutcome = { status, reason: 'Result' };
    expect(await other.refer('tel:+15557777')).toBe(status);
    expect((await call.referred).target).toBe('tel:+15557777');
  });
});

describe('a call that is not answered', () => {
  it.each([
    ['busy', busy(), 486],
    ['declined', declined(), 603],
    ['not found', declined(404, 'Not Found'), 404],
  ])('because the callee is %s says so', async (_, callee, status) => {
    ben.onInvite(callee);
    await expect((await dial()).answered(answeredIn)).rejects.toMatchObject({ name: 'SipRejection', status });
    await expect.poll(() => ben.wire.at(-1)?.text).toMatch(/^ACK /);
  });

  it('rings until the caller gives up', async () => {
    ben.onInvite(noAnswer());
    const call = await dial();
    await expect.poll(() => call.provisionals.length).toBe(1);
    await call.cancel();
    await expect(call.answered(answeredIn)).rejects.toMatchObject({ status: 487 });
    expect((await call.ended).by).toBe('failed');
  });

  it('is over for a caller who gives up on a callee that has forgotten it', async () => {
    const raw = createSocket('udp4');
    raw.bind(0, '127.0.0.1');
    await once(raw, 'listening');
    raw.on('message', (data, { port, address }) => {
      const text = data.toString();
      const status = text.startsWith('CANCEL') ? '481 Gone' : '180 Ringing';
      const headers = text.split('\r\n').filter((line) => /^(Via|From|To|Call-ID|CSeq):/.test(line));
      raw.send(`SIP/2.0 ${status}\r\n${headers.join('\r\n')}\r\n\r\n`, port, address);
    });
    const call = await ada.call({ to: `sip:x@127.0.0.1:${raw.address().port}`, from: '+1' });
    await expect.poll(() => call.provisionals.length).toBe(1);
    await call.cancel();
    expect((await call.ended).by).toBe('failed');
    raw.close();
  });

  it('is asked for again and again, counts once, and times out', async () => {
    ben.onInvite(unreachable());
    await expect((await dial()).answered(answeredIn)).rejects.toBeInstanceOf(SipTimeout);
    expect(ben.wire.length).toBeGreaterThan(3);
    expect(ben.invitesTo(number)).toBe(1);
  });

  it('gets 480 from a phone where nobody is', async () => {
    await expect((await dial()).answered(answeredIn)).rejects.toMatchObject({ status: 480 });
  });
});

describe('authentication', () => {
  it.each([
    ['401', false],
    ['407', true],
  ])('by %s lets in who knows the password and nobody else', async (_, proxy) => {
    await using guarded = await Softphone.listen({
      requireAuth: { username: 'ada', password: 'right', proxy },
    });
    guarded.onInvite(answerAfter(0));
    const to = guarded.uri(number);
    const call = await ada.call({ to, from: '+1', auth: { username: 'ada', password: 'right' } });
    await call.answered(answeredIn);
    await call.hangup();
    expect(guarded.invitesTo(number)).toBe(1);
    for (const auth of [{ username: 'ada', password: 'wrong' }, undefined]) {
      const refused = await ada.call({ to, from: '+1', ...(auth ? { auth } : {}) });
      await expect(refused.answered(answeredIn)).rejects.toMatchObject({ status: proxy ? 407 : 401 });
    }
  });
});

describe('a softphone', () => {
  it('has ten calls at once and loses no packet of any', async () => {
    ben.onInvite(answerAfter(20));
    const calls = await Promise.all(Array.from({ length: 10 }, (_, i) => dial(`+1415555001${i}`)));
    await Promise.all(calls.map((call) => call.answered(answeredIn)));
    await Promise.all([...calls, ...ben.calls].map((call) => call.play(clip)));
    await Promise.all(
      [...calls, ...ben.calls].map((call) => call.heardSilence({ ms: 100, timeoutMs: 5_000 })),
    );
    for (const call of [...calls, ...ben.calls]) {
      expect(call.media.timeline.packetsLost).toBe(0);
      expect(indexOfClip(call.heard(), overThePhone)).toBeGreaterThanOrEqual(0);
    }
    expect(ben.invitesTo(number)).toBe(10);
  });

  it('repeats its 200 until the ACK comes and hangs up when it does not', async () => {
    ben.onInvite(answerAfter(0));
    const call = await dial();
    await call.answered(answeredIn);
    const invite = ada.wire.find(({ text }) => text.startsWith('INVITE'))?.text ?? '';
    const raw = createSocket('udp4');
    raw.bind(0, '127.0.0.1');
    await once(raw, 'listening');
    const own = invite
      .replace(/branch=\w+/, 'branch=z9hG4bKraw')
      .replace(/Call-ID: .*/, 'Call-ID: raw')
      .replace(/Contact: .*/, `Contact: <sip:raw@127.0.0.1:${raw.address().port}>`);
    const received: string[] = [];
    raw.on('message', (data) => received.push(data.toString().split(' ', 2).join(' ')));
    raw.send(own, ben.address.port, ben.address.host);
    await expect.poll(() => received.some((line) => line.startsWith('BYE')), { timeout: 8_000 }).toBe(true);
    expect(received.filter((line) => line === 'SIP/2.0 200').length).toBeGreaterThan(3);
    raw.close();
  });

  it('is not impressed by malformed SIP and rubbish, and answers the next call', async () => {
    const { call } = await connected();
    const raw = createSocket('udp4');
    const sound = ada.wire.filter(({ direction }) => direction === 'sent').map(({ text }) => text);
    const messages = fc.sample(
      fc.tuple(fc.constantFrom(...sound), fc.nat(400), fc.string({ maxLength: 40 }), fc.nat(60)),
      150,
    );
    for (const [text, at, rubbish, cut] of messages) {
      const broken = text.slice(0, at) + rubbish + text.slice(at + cut);
      await new Promise((resolve) => raw.send(broken, ben.address.port, ben.address.host, resolve));
      await new Promise((resolve) => raw.send(broken, call.media.local.port, '127.0.0.1', resolve));
    }
    for (const bytes of fc.sample(fc.uint8Array({ minLength: 1, maxLength: 200 }), 50)) {
      await new Promise((resolve) => raw.send(bytes, ben.address.port, ben.address.host, resolve));
    }
    raw.close();
    await expect.poll(() => ben.malformed).toBeGreaterThan(0);
    ben.onInvite(answerAfter(0));
    await (await dial()).answered(answeredIn);
  });

  it('takes no audio from anybody but the other side', async () => {
    const { call, other } = await connected();
    await other.heardSilence({ ms: 100, timeoutMs: 5_000 });
    const before = other.media.strayPackets;
    const raw = createSocket('udp4');
    const packet = Buffer.concat([Buffer.from([0x80, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 9]), Buffer.alloc(160)]);
    raw.send(packet, other.media.local.port, other.media.local.host);
    await expect.poll(() => other.media.strayPackets).toBe(before + 1);
    raw.close();
    expect(other.speechSegments()).toEqual([]);
    await call.hangup();
  });

  it('leaves messages, times and both voices of its calls for who looks for a fault', async () => {
    const { call } = await connected();
    await call.play(clip);
    const folder = await mkdtemp(join(tmpdir(), 'call-log-'));
    try {
      await writeCallLog(folder, ada);
      expect((await readdir(folder)).sort()).toEqual(['call-1.json', 'call-1.wav', 'sip.txt']);
      const { channels } = await readWav(join(folder, 'call-1.wav'));
      expect(indexOfClip(channels[0] ?? new Int16Array(), overThePhone)).toBeGreaterThanOrEqual(0);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
