import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitFor } from '../../platform/retry.ts';
import { transcribe } from '../../simulate/audio/transcribe.ts';
import type { Call } from '../../simulate/softphone/call.ts';
import { busy } from '../../simulate/softphone/callee.ts';
import type { Invite } from '../../simulate/softphone/invite.ts';
import { Softphone } from '../../simulate/softphone/softphone.ts';
import type { Product } from '../harness/product.ts';
import { sharedProduct } from '../harness/shared-product.ts';
import { askForPerson, type DeskLine, openDeskLine } from './lines.ts';
import {
  type CallDetail,
  findCall,
  finished,
  hear,
  hearUntil,
  patienceMs,
  say,
  sayUntil,
  spokenBy,
} from './support.ts';

describe('a caller who asks for a person', () => {
  let product: Product;
  let phone: Softphone;
  const lines: DeskLine[] = [];

  beforeAll(async () => {
    product = await sharedProduct();
    phone = await Softphone.listen({ user: 'caller' });
  });

  afterAll(async () => {
    await phone?.close();
    for (const { colleague } of lines) await colleague.close();
  });

  let opened = 0;
  async function openLine(mode: string, agent: object = {}): Promise<DeskLine> {
    const index = opened++;
    const [number, desk] = [`+1415555018${index}`, `+1415555019${index}`];
    const line = await openDeskLine(product, { number, desk, mode, agent });
    lines.push(line);
    return line;
  }

  const heardBy = (call: Call, fromMs: number, toMs?: number) =>
    transcribe({
      speechUrl: product.speechUrl,
      samples: call.heardBetween(fromMs, toMs),
      sampleRate: 8_000,
    });

  const eventsOf = ({ events }: CallDetail, ...types: string[]) =>
    events.filter(({ type }) => types.includes(type));

  /** One side says something; answers what the other hears meanwhile. */
  async function tell(speaker: Call, listener: Call, words: string): Promise<string> {
    const from = performance.now();
    await say(product, speaker, words);
    return hear(product, listener, from);
  }

  /** Both sides talk, and each hears the other. */
  async function expectConnected(one: Call, other: Call): Promise<void> {
    for (const [speaker, listener, words] of [
      [one, other, 'It was on Friday.'],
      [other, one, 'Good afternoon.'],
    ] as const) {
      await sayUntil(/friday|afternoon/, () => tell(speaker, listener, words));
    }
  }

  it('is connected with somebody who was told about it and pressed 1; the agent leaves, the call goes on, and is recorded to its end', async () => {
    const {
      desk,
      pickUp,
      call: dialIn,
    } = await openLine('warm', {
      recording_policy: 'on',
      recording_consent_line: 'This call is being recorded.',
    });
    const picked = pickUp();
    const call = await dialIn(phone, '+15550201');
    await hear(product, call, call.answeredAt ?? 0);
    await askForPerson(product, call, '+15550201');
    const person = await picked;
    const answeredAt = person.answeredAt ?? 0;
    await say(product, person, 'Hello, who is there?');
    await person.heardSpeech({ afterMs: answeredAt, minMs: 3_000, timeoutMs: patienceMs });
    const decidedAt = performance.now();
    await person.sendDtmf('1');
    expect((await heardBy(person, answeredAt, decidedAt)).toLowerCase()).toMatch(/assistant|rosa|caller/);
    // Meanwhile the caller has heard music, and not a word of the briefing.
    expect((await heardBy(call, answeredAt, decidedAt)).toLowerCase()).not.toMatch(
      /caller|assistant|hello|who/,
    );
    await hearUntil(product, person, decidedAt, /recorded/);
    await hearUntilSilent(person);
    const callId = await findCall(product, '+15550201');
    await waitFor('the agent to leave', async () => (await bridgeOf(callId))?.data.recorder === true, {
      timeoutMs: patienceMs,
      everyMs: 100,
    });
    await expectConnected(call, person);
    const live = await product.api<CallDetail>('GET', `/calls/${callId}`);
    expect(live.status).toBe('active');

    const control = (kind: string) =>
      product.api<{ status: string }>('POST', `/calls/${callId}/control`, { command_id: kind, kind });
    expect((await control('pause_recording')).status).toBe('applied');
    await tell(person, call, 'The number is twelve.');
    expect((await control('resume_recording')).status).toBe('applied');
    await tell(person, call, 'See you tomorrow.');
    await call.hangup();
    expect((await person.ended).by).toBe('remote');

    const record = await finished(product, callId);
    expect(record).toMatchObject({ disposition: 'transferred', end_reason: 'transferred' });
    expect(
      eventsOf(
        record,
        ...['transfer.started', 'transfer.briefing', 'transfer.finished'],
        ...['call.bridged', 'recording.stopped', 'ended'],
      ),
    ).toMatchObject([
      { type: 'transfer.started', data: { to: desk, mode: 'warm' } },
      { type: 'transfer.briefing' },
      { type: 'transfer.finished', data: { ok: true, outcome: 'joined' } },
      { type: 'call.bridged' },
      { type: 'recording.stopped' },
      { type: 'ended', data: { reason: 'transferred' } },
    ]);
    const [left, right] = await sidesOf(callId);
    expect(left).toContain('friday');
    expect(left).not.toMatch(/afternoon|tomorrow/);
    expect(right).toMatch(/afternoon/);
    expect(right).toMatch(/tomorrow/);
    expect(right).not.toMatch(/twelve|friday/);
  });

  const bridgeOf = async (callId: string) =>
    eventsOf(await product.api<CallDetail>('GET', `/calls/${callId}`), 'call.bridged')[0];

  const hearUntilSilent = (call: Call) => call.heardSilence({ ms: 800, timeoutMs: patienceMs });

  /** What is understood on the left and on the right of the recording of a call, once all of it is there. */
  async function sidesOf(callId: string): Promise<readonly [string, string]> {
    const { url } = await waitFor(
      'the recording',
      async () => {
        const found = await product.api<{ state: string; url: string }>('GET', `/calls/${callId}/recording`);
        return found.state === 'complete' ? found : undefined;
      },
      { timeoutMs: patienceMs, everyMs: 200 },
    );
    const bytes = Buffer.from(await (await fetch(url)).arrayBuffer());
    const side = async (offset: number) => {
      const samples = Int16Array.from({ length: (bytes.length - 44) / 4 }, (_, at) =>
        bytes.readInt16LE(44 + at * 4 + offset),
      );
      const text = await transcribe({ speechUrl: product.speechUrl, samples, sampleRate: 16_000 });
      return text.toLowerCase();
    };
    return [await side(0), await side(2)];
  }

  it('is back with the agent, who says so, when that person presses 2, and again when the line is busy', async () => {
    const { colleague, pickUp, ask } = await openLine('warm');
    const picked = pickUp();
    const call = await ask(phone, '+15550202');
    const person = await picked;
    await person.heardSpeech({
      afterMs: person.answeredAt ?? 0,
      minMs: 1_000,
      timeoutMs: patienceMs,
    });
    await person.sendDtmf('2');
    expect((await person.ended).by).toBe('remote');
    // The last of the music may still be on its way.
    await hearUntil(product, call, performance.now(), /nobody|sorry|anything/);
    colleague.onInvite(busy());
    const { lastSpeechAt } = await askForPerson(product, call, '+15550202');
    await hearUntil(product, call, lastSpeechAt + 4_000, /nobody|sorry|anything/);

    // A caller who does not wait any longer takes the ringing with them.
    let rings: Promise<void> | undefined;
    colleague.onInvite((invite) => {
      invite.ring();
      rings = invite.cancelled;
    });
    await askForPerson(product, call, '+15550202');
    await waitFor('the ringing', () => rings !== undefined, { timeoutMs: patienceMs });
    await call.hangup();
    await rings;
    const record = await finished(product, await findCall(product, '+15550202'));
    expect(record.disposition).toBe('completed');
    expect(eventsOf(record, 'transfer.finished')).toMatchObject([
      { data: { ok: false, outcome: 'declined' } },
      { data: { ok: false, outcome: 'busy' } },
      { data: { ok: false, outcome: 'cancelled' } },
    ]);
    expect(spokenBy(record, 'agent')).not.toContain('Press 1');
  });

  it('talks with both, and so does the agent, in a conference', async () => {
    const { pickUp, ask } = await openLine('conference');
    const picked = pickUp();
    const call = await ask(phone, '+15550207');
    const person = await picked;
    await hear(product, person, person.answeredAt ?? 0);
    const decidedAt = performance.now();
    await say(product, person, 'Yes, please put them through.');
    await hear(product, person, decidedAt);
    await sayUntil(/open|nine|hours/, () => tell(person, call, 'What are your opening hours?'));
    await person.hangup();

    await call.hangup();
    const record = await finished(product, await findCall(product, '+15550207'));
    expect(record.disposition).toBe('completed');
    expect(eventsOf(record, 'transfer.finished')).toMatchObject([{ data: { ok: true } }]);
  });

  it.concurrent('is moved by REFER where the carrier does that, and else connected with whoever is dialed', async () => {
    const { number, desk, pickUp, ask } = await openLine('cold');
    const moved = await ask(phone, '+15550205');
    expect((await moved.referred).target).toBe(`tel:${desk}`);
    expect((await finished(product, await findCall(product, '+15550205'))).disposition).toBe('transferred');

    const picked = pickUp();
    const call = await phone.call({ to: `sip:${number}@${product.run.sip}`, from: '+15550206' });
    call.referOutcome = { status: 603, reason: 'Decline' };
    await call.answered({ timeoutMs: patienceMs });
    await askForPerson(product, call, '+15550206');
    const person = await picked;
    await expectConnected(call, person);
    await person.hangup();
    expect((await call.ended).by).toBe('remote');
    const record = await finished(product, await findCall(product, '+15550206'));
    expect(record.disposition).toBe('transferred');
    const bridged = record.events.find(({ type }) => type === 'call.bridged');
    expect(record.events.at(-1)?.seq).toBe((bridged?.seq ?? 0) + 1);
    expect(eventsOf(record, 'transfer.finished')).toMatchObject([
      { data: { ok: false, outcome: 'refused' } },
      { data: { ok: true, outcome: 'joined' } },
    ]);
  });

  it.concurrent('is back with the agent when nobody picks up, and when a mailbox does', async () => {
    const { colleague, pickUp, ask } = await openLine('warm');
    colleague.onInvite(async (invite) => {
      invite.ring();
      await invite.reject(480, 'Temporarily Unavailable');
    });
    const call = await ask(phone, '+15550210');
    await hearUntil(product, call, performance.now(), /nobody|sorry|anything/);
    const picked = pickUp();
    await askForPerson(product, call, '+15550210');
    const mailbox = await picked;
    await say(
      product,
      mailbox,
      'You have reached the voicemail of Robin. Please leave a message after the tone.',
    );
    expect((await mailbox.ended).by).toBe('remote');
    await hearUntil(product, call, performance.now(), /nobody|sorry|anything/);
    const askedAt = performance.now();
    await say(product, call, 'What are your opening hours?');
    await hearUntil(product, call, askedAt, /open|nine|hours/);
    await call.hangup();
    const record = await finished(product, await findCall(product, '+15550210'));
    expect(record.disposition).toBe('completed');
    expect(eventsOf(record, 'transfer.finished')).toMatchObject([
      { data: { ok: false, outcome: 'no_answer' } },
      { data: { ok: false, outcome: 'voicemail' } },
    ]);
  });

  it.concurrent('may be transferred by a supervisor, who is told what cannot be, and may take it back', async () => {
    const { number, colleague, call: dialIn } = await openLine('warm');
    const ringing = new Promise<Invite>((resolve) =>
      colleague.onInvite((invite) => {
        invite.ring();
        resolve(invite);
      }),
    );
    const call = await dialIn(phone, '+15550209');
    const callId = await findCall(product, '+15550209');
    let commands = 0;
    const order = (kind: string, fields: object = {}) =>
      product.api<{ status: string; detail: string }>('POST', `/calls/${callId}/control`, {
        ...{ command_id: `transfer-${++commands}`, kind },
        ...fields,
      });
    const refused = async (target: string) => {
      const { status, detail } = await order('transfer', { target });
      expect(status).toBe('refused');
      return detail;
    };
    expect(await refused('the moon')).toContain('nobody called "the moon"');
    expect(await refused('+15550209')).toContain('own number');
    expect(await refused(number)).toContain('this very line');

    expect(await order('transfer')).toMatchObject({ status: 'applied' });
    const invite = await ringing;
    for (const kind of ['say', 'message'])
      expect(await order(kind, { text: 'Hello?' })).toMatchObject({
        ...{ status: 'refused', detail: 'The caller is on hold.' },
      });
    const cancelledAt = performance.now();
    expect(await order('cancel_transfer')).toMatchObject({ status: 'applied' });
    await invite.cancelled;
    await hearUntil(product, call, cancelledAt, /sorry/);
    await call.hangup();
    const record = await finished(product, callId);
    expect(eventsOf(record, 'transfer.finished')).toMatchObject([
      { data: { ok: false, outcome: 'cancelled' } },
    ]);
    expect(record.disposition).toBe('completed');
  });
});
