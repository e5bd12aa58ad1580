import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chatCompletions } from '../../adapters/chat-completions.ts';
import { simulateCommand } from '../../cli/commands/simulate.ts';
import type { Output } from '../../cli/output.ts';
import { loadScenarios } from '../../simulate/load-scenarios.ts';
import { runCall } from '../../simulate/run-call.ts';
import { scenario } from '../../simulate/scenario.ts';
import type { OutgoingCall } from '../../simulate/softphone/outgoing-call.ts';
import { SipRejection } from '../../simulate/softphone/sip-rejection.ts';
import { Softphone } from '../../simulate/softphone/softphone.ts';
import { chatServer } from '../harness/chat-server.ts';
import type { Product } from '../harness/product.ts';
import { sharedProduct } from '../harness/shared-product.ts';
import { askUntil, dialDemo, findCall, finished, hear, patienceMs, say, spokenBy } from './support.ts';

const shippedScenario = (name: string) =>
  fileURLToPath(new URL(`../../simulate/scenarios/${name}`, import.meta.url));

describe('a caller dialing a SIP number', () => {
  let product: Product;
  let phone: Softphone;

  beforeAll(async () => {
    product = await sharedProduct();
    phone = await Softphone.listen({ user: 'caller' });
  });

  afterAll(async () => {
    await phone?.close();
  });

  /** Whose recogniser does not understand the greeting calls again, as people do. */
  const greeted = async ([from = '', ...others]: readonly string[]): Promise<{
    from: string;
    call: OutgoingCall;
  }> => {
    const call = await dialDemo(product, phone, from);
    const greeting = await hear(product, call, call.answeredAt ?? 0);
    const words = /harbou?r dental/i;
    if (others.length === 0) expect(greeting).toMatch(words);
    if (words.test(greeting)) return { from, call };
    await call.hangup();
    return greeted(others);
  };

  it.concurrent('hears the greeting, gets the right answer, and finds both in the transcript', async () => {
    const { from, call } = await greeted(['+15550121', '+155501211', '+155501212']);
    await askUntil(product, call, 'What are your opening hours?', /open|eight|monday/);
    await call.hangup();

    const record = await finished(product, await findCall(product, from));
    expect(record.disposition).toBe('completed');
    expect(spokenBy(record, 'user').toLowerCase()).toContain('opening hours');
    expect(spokenBy(record, 'agent').toLowerCase()).toContain('harbor dental');
    const replies = record.transcript.filter((turn) => turn.latency?.total_ms != null);
    expect(replies.length).toBeGreaterThan(0);
    const sequence = record.events.map((event) => event.seq);
    expect(sequence).toEqual(sequence.map((_, index) => index + 1));
    expect(record.events.at(-1)?.type).toBe('ended');
  });

  const simulated = async (file: string, version: number) => {
    const [loaded] = await loadScenarios([shippedScenario(file)]);
    if (!loaded) throw new Error('no scenario');
    const { run, speechUrl } = product;
    const { url, apiKey, sip, demo } = run;
    return runCall(loaded.scenario, { url, apiKey, sip, speechUrl, number: demo.number, version });
  };

  it.concurrent('may be simulated: a scenario is played as a phone call, and judged by what the agent said and did', async () => {
    const json = join(product.dataDir, 'simulated.json');
    const code = await simulateCommand({
      paths: [shippedScenario('01-opening-hours.yaml')],
      flags: { data: product.dataDir, audio: true, json },
      output: { line: () => undefined } as unknown as Output,
    });
    const [result] = JSON.parse(await readFile(json, 'utf8')).results;
    expect(code, JSON.stringify(result)).toBe(0);
    expect(result.turns.map(({ role }: { role: string }) => role)).toEqual([
      ...['agent', 'caller', 'agent', 'caller', 'agent', 'caller', 'agent'],
    ]);
    expect(result.slowestReplyMs).toBeGreaterThan(0);
  });

  it.concurrent('has its key presses recorded', async () => {
    const call = await dialDemo(product, phone, '+15550123');
    await hear(product, call, call.answeredAt ?? 0);
    await call.sendDtmf('12#');
    await call.hangup();
    const record = await finished(product, await findCall(product, '+15550123'));
    const digits = record.events
      .filter((event) => event.type === 'dtmf.received')
      .map((event) => event.data.digit);
    expect(digits.join('')).toBe('12#');
  });

  it.concurrent('books an appointment through the custom function', async () => {
    const from = '+15550124';
    const call = await dialDemo(product, phone, from);
    await hear(product, call, call.answeredAt ?? 0);
    let said = await say(product, call, 'I would like to book an appointment on Friday.');
    for (const line of ['My name is Jordan.', 'At ten o’clock in the morning.', 'No.', 'Yes, please.']) {
      await hear(product, call, said.lastSpeechAt);
      said = await say(product, call, line);
    }
    await hear(product, call, said.lastSpeechAt);
    await call.hangup();
    const record = await finished(product, await findCall(product, from));
    const result = record.events.find((event) => event.type === 'tool.returned');
    expect(result?.data).toMatchObject({ name: 'book_appointment', ok: true });
  });

  it.concurrent('is hung up by the agent after a goodbye', async () => {
    const from = '+15550125';
    const call = await dialDemo(product, phone, from);
    await hear(product, call, call.answeredAt ?? 0);
    await say(product, call, 'That is all, thank you. Bye bye.');
    const end = await call.ended;
    expect(end.by).toBe('remote');
    const record = await finished(product, await findCall(product, from));
    expect(record.disposition).toBe('completed');
  });

  it.concurrent('may be simulated by a language model, which is told what a recogniser hears of the agent', async () => {
    const move = (say: string, state: string) => ({
      say: JSON.stringify({ say, state, reason: 'so it was' }),
    });
    await using server = await chatServer([
      move('What are your opening hours?', 'going_on'),
      move('That is all, thank you. Bye bye.', 'met'),
    ]);
    const { url, apiKey, sip, demo } = product.run;
    const nora = scenario.parse({
      ...{ name: 'Nora', persona: 'Nora, who works late', goal: 'the opening hours' },
      checks: { said: 'open Monday', ended: true },
    });
    const target = { url, apiKey, sip, speechUrl: product.speechUrl, number: demo.number };
    const result = await runCall(nora, target, chatCompletions({ OPENAI_BASE_URL: server.url }));
    expect(result.failures, JSON.stringify(result.turns)).toEqual([]);
    expect(result.goal).toEqual({ state: 'met', reason: 'so it was' });
    const [first, second] = server.requests.map(({ messages }) => messages[1].content);
    // Words that everybody knows: the name of the house comes back as "Dentiful" now and then.
    expect(first).toMatch(/^Agent: .*thank you for calling .* how can i help you/i);
    expect(second).toMatch(/You: What are your opening hours\?\nAgent: .*monday/i);
  });

  // By itself: an agent that is starved of the processor pauses as if it were done, and mishears words in noise.
  it('may be simulated with noise around the caller, who interrupts, and with a version and variables', async () => {
    const result = await simulated('by-phone/interrupts-on-a-noisy-street.yaml', 1);
    expect(result.failures, JSON.stringify(result.turns)).toEqual([]);
    expect(result.turns[3]?.note).toMatch(/^interrupts; the agent fell silent after \d+ ms$/);
    const record = await finished(product, result.id ?? '');
    expect(record).toMatchObject({ from_number: '+12025550143', dynamic_variables: { plan: 'gold' } });
    expect(record.transcript.some(({ role, interrupted }) => role === 'agent' && interrupted)).toBe(true);
  });

  it('is rejected when nobody has that number', async () => {
    const call = await phone.call({ to: `sip:+15550999@${product.run.sip}`, from: '+15550126' });
    await expect(call.answered({ timeoutMs: patienceMs })).rejects.toBeInstanceOf(SipRejection);
  });

  it('is rejected when the number has no agent', async () => {
    await product.api('POST', '/phonenumbers/sip_trunk', {
      sip_address: '127.0.0.1',
      phone_number: '+14155550142',
      provider: 'custom',
      email: 'desk@example.com',
      label: 'Unmapped',
    });
    const call = await phone.call({ to: `sip:+14155550142@${product.run.sip}`, from: '+15550127' });
    await expect(call.answered({ timeoutMs: patienceMs })).rejects.toBeInstanceOf(SipRejection);
  });
});
