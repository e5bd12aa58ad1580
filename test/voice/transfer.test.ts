import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitFor } from '../../platform/retry.ts';
import { transcribe } from '../../simulate/audio/transcribe.ts';
import type { Call } from '../../simulate/softphone/call.ts';
import { answerAfter, busy } from '../../simulate/softphone/callee.ts';
import type { OutgoingCall } from '../../simulate/softphone/outgoing-call.ts';
import { Softphone } from '../../simulate/softphone/softphone.ts';
import { type Product, startProduct } from '../harness/product.ts';
import { registerLine } from './lines.ts';
import { type CallDetail, findCall, finished, hear, patienceMs, say, spokenBy } from './support.ts';

const line = '+14155550170';
const desk = '+14155550171';
/** She waits for the caller, who can come to the point. */
const rosa = { agent_name: 'Rosa', speaks_first: 'caller', first_message: '' };
const wish = 'I would like to talk to a person, please.';

describe('a caller who asks for a person', () => {
  let product: Product;
  let phone: Softphone;
  let colleague: Softphone;
  let agentId: string;

  beforeAll(async () => {
    product = await startProduct();
    phone = await Softphone.listen({ user: 'caller' });
    colleague = await Softphone.listen({ user: 'desk' });
    const sipAddress = `127.0.0.1:${colleague.address.port}`;
    ({ agentId } = await registerLine(product, { number: line, sipAddress, agent: rosa }));
  });

  afterAll(async () => {
    await phone?.close();
    await colleague?.close();
    await product?.stop();
  });

  /** Calls and asks for a person. */
  async function ask(from: string, mode: string): Promise<OutgoingCall> {
    await product.api('PUT', `/agents/${agentId}`, {
      transfer_targets: [{ name: 'the front desk', number: desk, mode }],
    });
    const call = await phone.call({ to: `sip:${line}@${product.run.sip}`, from });
    await call.answered({ timeoutMs: patienceMs });
    await say(product, call, wish);
    return call;
  }

  /** The colleague's side of the next call to them. */
  function pickUp(afterMs = 400): Promise<Call> {
    return new Promise((resolve) => colleague.onInvite(answerAfter(afterMs, (call) => resolve(call))));
  }

  const heardBy = (call: Call, fromMs: number, toMs?: number) =>
    transcribe({
      speechUrl: product.speechUrl,
      samples: call.heardBetween(fromMs, toMs),
      sampleRate: 8_000,
    });

  async function hearUntil(call: Call, fromMs: number, pattern: RegExp): Promise<void> {
    const deadline = performance.now() + patienceMs;
    for (let from = fromMs; ; ) {
      const heard = (await hear(product, call, from)).toLowerCase();
      if (pattern.test(heard)) return;
      if (performance.now() > deadline) throw new Error(`The last that was heard was: ${heard}`);
      from = performance.now() - 1_000;
    }
  }

  const eventsOf = ({ events }: CallDetail, ...types: string[]) =>
    events.filter(({ type }) => types.includes(type));

  /** Both sides talk, and each hears the other. */
  async function expectConnected(one: Call, other: Call): Promise<void> {
    for (const [speaker, listener, words] of [
      [one, other, 'It was on Friday.'],
      [other, one, 'Good afternoon.'],
    ] as const) {
      const from = performance.now();
      await say(product, speaker, words);
      const heard = await hear(product, listener, from);
      expect(heard.toLowerCase()).toMatch(/friday|afternoon/);
    }
  }

  it('is connected with somebody who was told about it and pressed 1; the agent leaves and the call goes on', async () => {
    const picked = pickUp();
    const call = await ask('+15550201', 'warm');
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
    await hear(product, person, decidedAt + 500);
    await expectConnected(call, person);
    const callId = await findCall(product, '+15550201');
    const live = await product.api<CallDetail>('GET', `/calls/${callId}`);
    expect(live.status).toBe('active');

    await person.hangup();
    expect((await call.ended).by).toBe('remote');
    const record = await finished(product, callId);
    expect(record).toMatchObject({ disposition: 'transferred', end_reason: 'transferred' });
    expect(
      eventsOf(record, 'transfer.started', 'transfer.briefing', 'transfer.finished', 'call.bridged', 'ended'),
    ).toMatchObject([
      { type: 'transfer.started', data: { to: desk, mode: 'warm' } },
      { type: 'transfer.briefing' },
      { type: 'transfer.finished', data: { ok: true, outcome: 'joined' } },
      { type: 'call.bridged' },
      { type: 'ended', data: { reason: 'transferred' } },
    ]);
    const bridged = record.events.find(({ type }) => type === 'call.bridged');
    const ended = record.events.at(-1);
    expect(ended?.seq).toBe((bridged?.seq ?? 0) + 1);
  });

  it('is back with the agent, who says so, when that person presses 2, and again when the line is busy', async () => {
    const picked = pickUp();
    const call = await ask('+15550202', 'warm');
    const person = await picked;
    await person.heardSpeech({
      afterMs: person.answeredAt ?? 0,
      minMs: 1_000,
      timeoutMs: patienceMs,
    });
    await person.sendDtmf('2');
    expect((await person.ended).by).toBe('remote');
    // The last of the music may still be on its way.
    await hearUntil(call, performance.now(), /nobody|sorry|anything/);
    colleague.onInvite(busy());
    const { lastSpeechAt } = await say(product, call, wish);
    await hearUntil(call, lastSpeechAt + 4_000, /nobody|sorry|anything/);

    // A caller who does not wait any longer takes the ringing with them.
    let rings: Promise<void> | undefined;
    colleague.onInvite((invite) => {
      invite.ring();
      rings = invite.cancelled;
    });
    await say(product, call, wish);
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

  it('is moved by REFER where the carrier does that, and else connected with whoever is dialed', async () => {
    const moved = await ask('+15550205', 'cold');
    expect((await moved.referred).target).toBe(`tel:${desk}`);
    expect((await finished(product, await findCall(product, '+15550205'))).disposition).toBe('transferred');

    const picked = pickUp();
    const call = await phone.call({ to: `sip:${line}@${product.run.sip}`, from: '+15550206' });
    call.referOutcome = { status: 603, reason: 'Decline' };
    await call.answered({ timeoutMs: patienceMs });
    await say(product, call, wish);
    const person = await picked;
    await expectConnected(call, person);
    await call.hangup();
    expect((await person.ended).by).toBe('remote');
    const record = await finished(product, await findCall(product, '+15550206'));
    expect(record.disposition).toBe('transferred');
    expect(eventsOf(record, 'transfer.finished')).toMatchObject([
      { data: { ok: false, outcome: 'refused' } },
      { data: { ok: true, outcome: 'joined' } },
    ]);
  });

  it('talks with both, and so does the agent, in a conference', async () => {
    const picked = pickUp();
    const call = await ask('+15550207', 'conference');
    const person = await picked;
    await hear(product, person, person.answeredAt ?? 0);
    const decidedAt = performance.now();
    await say(product, person, 'Yes, please put them through.');
    await hear(product, person, decidedAt);
    const from = performance.now();
    await say(product, person, 'What are your opening hours?');
    expect((await hear(product, call, from)).toLowerCase()).toMatch(/open|nine|hours/);
    await person.hangup();

    await call.hangup();
    const record = await finished(product, await findCall(product, '+15550207'));
    expect(record.disposition).toBe('completed');
    expect(eventsOf(record, 'transfer.finished')).toMatchObject([{ data: { ok: true } }]);
  });
});
