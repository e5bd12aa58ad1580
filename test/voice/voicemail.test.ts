import { afterAll, beforeAll, expect, it } from 'vitest';
import { waitFor } from '../../platform/retry.ts';
import { resample } from '../../simulate/audio/resample.ts';
import { speak } from '../../simulate/audio/speak.ts';
import { transcribe } from '../../simulate/audio/transcribe.ts';
import { parseWav } from '../../simulate/audio/wav.ts';
import type { Call } from '../../simulate/softphone/call.ts';
import { answerAfter } from '../../simulate/softphone/callee.ts';
import { Softphone } from '../../simulate/softphone/softphone.ts';
import type { Product } from '../harness/product.ts';
import { sharedProduct } from '../harness/shared-product.ts';
import { tone } from '../harness/tone.ts';
import { registerLine } from './lines.ts';
import { type CallDetail, finished, hear, patienceMs } from './support.ts';

let product: Product;
const phones: Softphone[] = [];

beforeAll(async () => {
  product = await sharedProduct();
});

afterAll(async () => {
  for (const phone of phones) await phone.close();
});

let opened = 0;

/** A line whose calls go out to a softphone of its own. */
async function openLine(agent: object) {
  const ours = `+1415555017${opened++}`;
  const phone = await Softphone.listen({ user: 'callee' });
  phones.push(phone);
  await registerLine(product, {
    number: ours,
    sipAddress: `127.0.0.1:${phone.address.port}`,
    agent: { first_message: 'Hello, this is Harbor Dental. How are you today?', ...agent },
  });
  return {
    /** Calls, and resolves with our call's id and the callee's side of it once it is answered. */
    dial: async (): Promise<{ id: string; live: Call; answeredAt: number }> => {
      let answered: ((call: Call) => void) | undefined;
      const call = new Promise<Call>((resolve) => {
        answered = resolve;
      });
      phone.onInvite(answerAfter(200, (live) => answered?.(live)));
      const { call_id: id } = await product.api<{ call_id: string }>('POST', '/calls/outbound_call', {
        agent_phone_number: ours,
        phone_number_to_dial: '+14155550165',
      });
      const live = await call;
      return { id, live, answeredAt: performance.now() };
    },
  };
}

const mailbox = {
  voicemail_action: 'leave_message',
  voicemail_message: 'This is Harbor Dental. Please call us back about your appointment on Monday.',
  recording_policy: 'on',
};

async function play(live: Call, text: string): Promise<void> {
  const { samples, sampleRate } = await speak({ speechUrl: product.speechUrl, text });
  await live.play(samples, sampleRate);
}

const mailboxGreeting =
  'Hi, you have reached the voicemail of Tom Baker. I can not take your call right now. Please leave a message after the beep.';

const verdicts = (call: CallDetail) =>
  call.events.filter(({ type }) => type === 'amd.verdict').map(({ data }) => data.verdict);

it('leaves its message on a mailbox after the beep, hangs up, and the recording has both', async () => {
  const greeting = await speak({ speechUrl: product.speechUrl, text: mailboxGreeting });
  const { dial } = await openLine(mailbox);
  const { id, live } = await dial();
  await live.play(new Int16Array(2_400));
  await live.play(greeting.samples, greeting.sampleRate);
  await live.play(new Int16Array(6_400));
  const { lastSpeechAt: beepOverAt } = await live.play(tone(1_000, 8_000, 4_000));
  await live.ended;
  const record = await finished(product, id);
  expect(record.disposition).toBe('voicemail');
  expect(record.end_detail).toBe('Left a message after the beep.');
  expect(verdicts(record).at(-1)).toBe('machine');

  const after = await transcribe({
    speechUrl: product.speechUrl,
    samples: live.heardBetween(beepOverAt),
    sampleRate: 8_000,
  });
  expect(after.toLowerCase()).toMatch(/call us back/);
  expect(after.toLowerCase()).toMatch(/monday/);

  const recording = await waitFor(
    'the recording',
    async () => {
      const answer = await product
        .api<{ state: string; url: string; duration: number }>('GET', `/calls/${id}/recording`)
        .catch(() => undefined);
      return answer?.state === 'complete' && answer;
    },
    { timeoutMs: patienceMs, everyMs: 200 },
  );
  const { channels, sampleRate } = parseWav(new Uint8Array(await (await fetch(recording.url)).arrayBuffer()));
  expect(recording.duration).toBeCloseTo((channels[0]?.length ?? 0) / sampleRate, 1);
  const words = async (channel: 0 | 1) => {
    const samples = channels[channel] ?? new Int16Array();
    // The recogniser takes eight seconds at most in good shape: the end is what matters.
    const part = channel === 1 ? samples.subarray(-8 * sampleRate) : samples.subarray(0, 8 * sampleRate);
    const { speechUrl } = product;
    return (
      await transcribe({ speechUrl, samples: resample(part, sampleRate, 16_000), sampleRate: 16_000 })
    ).toLowerCase();
  };
  expect(await words(0)).toContain('voice');
  expect(await words(1)).toContain('monday');
});

it('speaks to a person at once, and does not wait to find out that it is one', async () => {
  const hello = await speak({ speechUrl: product.speechUrl, text: 'Hello?' });
  const { dial } = await openLine(mailbox);
  const { id, live, answeredAt } = await dial();
  void live.play(hello.samples, hello.sampleRate);
  const { startedAt } = await live.heardSpeech({ afterMs: 0, minMs: 200, timeoutMs: patienceMs });
  expect(startedAt - answeredAt).toBeLessThan(2_000);
  await hear(product, live, 0);
  await waitFor(
    'the verdict',
    async () => verdicts(await product.api<CallDetail>('GET', `/calls/${id}`)).includes('human'),
    { timeoutMs: patienceMs, everyMs: 200 },
  );
  await live.hangup();
  const record = await finished(product, id);
  expect(record.disposition).toBe('completed');
  expect(verdicts(record)).toEqual(['human']);
});

it.concurrent('hangs up on a mailbox when it is to leave no message', async () => {
  const { dial } = await openLine({ voicemail_action: 'hang_up' });
  const { id, live } = await dial();
  await live.play(new Int16Array(2_400));
  void play(live, mailboxGreeting);
  expect((await live.ended).by).toBe('remote');
  const record = await finished(product, id);
  expect(record).toMatchObject({ disposition: 'voicemail', end_reason: 'voicemail' });
  expect(verdicts(record).at(-1)).toBe('machine');
});

it.concurrent('says who calls to an assistant that screens the call, and goes on with the person', async () => {
  const { dial } = await openLine({
    voicemail_action: 'hang_up',
    voicemail_screening_line: 'This is Harbor Dental, about your appointment on Tuesday.',
  });
  const { id, live } = await dial();
  await live.play(new Int16Array(2_400));
  await play(
    live,
    'Hi. Please say your name and why you are calling, and I will see if this person is available.',
  );
  const asked = performance.now();
  expect((await hear(product, live, asked)).toLowerCase()).toMatch(/appointment|tuesday/);
  const answeredAt = performance.now();
  await play(live, 'What are your opening hours?');
  expect((await hear(product, live, answeredAt)).toLowerCase()).toMatch(/open|nine|hours|monday/);
  await live.hangup();
  const record = await finished(product, id);
  expect(record.disposition).toBe('completed');
  expect(verdicts(record)[0]).toBe('screening');
});
