import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dispose } from '@livekit/rtc-node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { controlAction } from '../../core/calls/control/command.ts';
import { waitFor } from '../../platform/retry.ts';
import { Rig } from './rig/rig.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await Rig.start();
});
afterAll(async () => {
  await rig?.[Symbol.asyncDispose]();
  await dispose();
});

const types = (plan: Parameters<Rig['of']>[0]) => rig.of(plan).map(({ type }) => type);

describe('a call', () => {
  test('greets, answers a question, and reports everything in order without gaps', async () => {
    const plan = rig.plan();
    const caller = await rig.call(plan);
    await caller.hears(0);
    await caller.silence();
    const asked = await caller.ask();
    await caller.hears(asked - 200);
    await caller.silence();
    await caller.leave();
    const ended = await rig.event(plan, 'ended');

    expect(ended.reason).toBe('caller_hung_up');
    expect(types(plan)).toEqual([
      'agent.joined',
      'agent.ready',
      'caller.joined',
      'call.answered',
      'agent.first_word',
      'agent.turn',
      'user.turn',
      'agent.turn',
      'usage',
      'ended',
    ]);
    expect(rig.of(plan).map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    const greeting = await rig.event(plan, 'agent.turn', ({ source }) => source === 'greeting');
    expect(greeting).toMatchObject({ text: plan.definition.firstMessage, interrupted: false, latency: null });
    const question = await rig.event(plan, 'user.turn');
    expect(question.text).toBe(rig.providers.transcript);
    expect(question.endedAt).toBeGreaterThan(question.startedAt);
    const reply = await rig.event(plan, 'agent.turn', ({ source }) => source === 'reply');
    expect(reply.text).toBe('We are open from nine to five.');
    const { latency } = reply;
    expect(latency?.llmFirstTokenMs).toBeGreaterThanOrEqual(0);
    expect(latency?.totalMs).toBe(reply.startedAt - question.endedAt);
    // The number a caller feels, within what a test machine adds.
    expect(Math.abs((latency?.totalMs ?? 0) - (reply.startedAt - asked))).toBeLessThan(700);
    const usage = await rig.event(plan, 'usage');
    expect(usage.models.map(({ type }) => type).sort()).toEqual(['llm_usage', 'stt_usage', 'tts_usage']);
    expect(new Set(usage.models.map(({ provider }) => provider))).toEqual(new Set(['local']));
  });

  test('is recorded in the queue exactly as it was published', async () => {
    const plan = rig.plan();
    const caller = await rig.call(plan);
    await caller.hears(0);
    await caller.leave();
    await rig.event(plan, 'ended');
    const queued = (await rig.queued('record-call-events')) as {
      events: { callId: string; seq: number }[];
    }[];
    const seqs = queued
      .flatMap(({ events }) => events)
      .filter(({ callId }) => callId === plan.callId)
      .map(({ seq }) => seq)
      .sort((a, b) => a - b);
    expect(seqs).toEqual(rig.of(plan).map(({ seq }) => seq));
  });

  test('stops speaking when the caller interrupts, and reports only the words that were heard', async () => {
    const firstMessage = `Welcome. ${'This sentence goes on and on and nobody wants to hear all of it. '.repeat(5)}`;
    const plan = rig.plan({ firstMessage });
    const caller = await rig.call(plan);
    await caller.hears(0);
    const asking = caller.ask();
    const greeting = await rig.event(plan, 'agent.turn', ({ source }) => source === 'greeting');
    await asking;
    expect(greeting.interrupted).toBe(true);
    expect(greeting.text.length).toBeGreaterThan(0);
    expect(greeting.text.length).toBeLessThan(firstMessage.length / 2);
    expect(firstMessage.startsWith(greeting.text.slice(0, 20))).toBe(true);
    await rig.event(plan, 'interrupted', ({ spokenText }) => spokenText === greeting.text);
    await caller.leave();
    await rig.event(plan, 'ended');
  });

  test('calls a custom function with the arguments the model chose', async () => {
    const bodies: unknown[] = [];
    const server = createServer((request, response) => {
      let text = '';
      request.on('data', (chunk) => {
        text += chunk;
      });
      request.on('end', () => {
        bodies.push(JSON.parse(text));
        response.end(JSON.stringify({ booked: true }));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    await rig.stopWorker();
    await rig.startWorker({ ALLOWED_PRIVATE_HOSTS: `127.0.0.1:${port}` });
    const replies = [
      { tool: 'book_table', args: { guests: 'many' } },
      { tool: 'book_table', args: { guests: 4 } },
      { text: 'Your table is booked.' },
    ];
    rig.providers.answer = () => replies.shift() ?? { text: 'Fine.' };
    try {
      const plan = rig.plan({
        functions: [
          {
            name: 'book_table',
            description: 'Books a table.',
            url: `http://127.0.0.1:${port}/book`,
            parameters: { properties: { guests: { type: 'integer', minimum: 1 } }, required: ['guests'] },
          },
        ],
      });
      const caller = await rig.call(plan);
      await caller.hears(0);
      await caller.silence();
      await caller.ask();
      const refused = await rig.event(plan, 'tool.returned', ({ ok }) => !ok);
      expect(String(refused.result)).toContain('guests');
      const returned = await rig.event(plan, 'tool.returned', ({ ok }) => ok);
      expect(returned).toMatchObject({ name: 'book_table', result: { booked: true } });
      expect(bodies).toEqual([{ guests: 4 }]);
      await rig.event(plan, 'agent.turn', ({ text }) => text === 'Your table is booked.');
      await caller.leave();
      await rig.event(plan, 'ended');
    } finally {
      rig.providers.answer = () => ({ text: 'We are open from nine to five.' });
      server.close();
    }
  });

  test('hangs up when the agent ends it, after its last words', async () => {
    rig.providers.answer = () => ({ text: 'Goodbye then.', tool: 'end_call', args: {} });
    try {
      const plan = rig.plan();
      const caller = await rig.call(plan);
      await caller.hears(0);
      await caller.silence();
      await caller.ask();
      const ended = await rig.event(plan, 'ended');
      expect(ended.reason).toBe('agent_hung_up');
      const goodbye = await rig.event(plan, 'agent.turn', ({ text }) => text === 'Goodbye then.');
      expect(goodbye.interrupted).toBe(false);
      await waitFor(
        'the room to be gone',
        async () => (await rig.rooms().listRooms([plan.roomName])).length === 0,
      );
    } finally {
      rig.providers.answer = () => ({ text: 'We are open from nine to five.' });
    }
  });

  test('says goodbye itself when the model hangs up without a word', async () => {
    rig.providers.answer = () => ({ tool: 'end_call', args: {} });
    try {
      const plan = rig.plan();
      const caller = await rig.call(plan);
      await caller.hears(0);
      await caller.silence();
      await caller.ask();
      await rig.event(plan, 'ended', ({ reason }) => reason === 'agent_hung_up');
      await rig.event(plan, 'agent.turn', ({ source, text }) => source === 'say' && text.includes('Goodbye'));
    } finally {
      rig.providers.answer = () => ({ text: 'We are open from nine to five.' });
    }
  });

  test('is given up when nobody comes', async () => {
    const plan = rig.plan({}, { joinTimeoutMs: 1_000 });
    await rig.dispatch(plan);
    const ended = await rig.event(plan, 'ended');
    expect(ended.reason).toBe('caller_never_joined');
  });

  test('ends politely at its longest duration', async () => {
    const plan = rig.plan({ maxCallDurationMs: 10_000 });
    const caller = await rig.call(plan);
    await caller.hears(0);
    const ended = await rig.event(plan, 'ended');
    expect(ended.reason).toBe('max_duration');
    await rig.event(plan, 'agent.turn', ({ source }) => source === 'apology');
  });

  test('ends as hung up by the operator when its room is deleted', async () => {
    const plan = rig.plan();
    const caller = await rig.call(plan);
    await caller.hears(0);
    await rig.rooms().deleteRoom(plan.roomName);
    const ended = await rig.event(plan, 'ended');
    expect(ended.reason).toBe('operator_hung_up');
  });

  test('goes on after a rescue: the lost reply is given, with the conversation so far', async () => {
    const history = [
      { role: 'agent' as const, text: 'Hello, this is Rosa.' },
      { role: 'user' as const, text: 'Do you have parking?' },
    ];
    const plan = rig.plan({}, { epoch: 2, resume: { history, answeredAt: Date.now() - 20_000 } });
    const chatsBefore = rig.providers.chats.length;
    await rig.join(plan);
    await rig.dispatch(plan);
    await rig.event(plan, 'agent.turn', ({ source }) => source === 'apology');
    await rig.event(plan, 'agent.turn', ({ source }) => source === 'reply');
    expect(types(plan)).not.toContain('call.answered');
    const chat = rig.providers.chats.slice(chatsBefore)[0];
    expect(chat?.messages.some(({ content }) => content === 'Do you have parking?')).toBe(true);
  });

  test.each([
    ['muted', { muted: true, takenOver: false }],
    ['taken over', { muted: false, takenOver: true }],
  ])(
    'that another worker had, %s by a supervisor, stays silent, listens, and is handed back with all of it',
    async (_, silence) => {
      const history = [{ role: 'user' as const, text: 'Do you have parking?' }];
      const resume = { history, answeredAt: Date.now() - 20_000 };
      const plan = rig.plan({}, { epoch: 2, silence, resume });
      const chatsBefore = rig.providers.chats.length;
      const caller = await rig.join(plan);
      await rig.dispatch(plan);
      await rig.event(plan, 'agent.ready');
      await caller.ask();
      expect((await rig.event(plan, 'user.turn')).text).toBe(rig.providers.transcript);
      expect(types(plan)).not.toContain('agent.turn');
      expect(rig.providers.chats.length).toBe(chatsBefore);
      const command = { id: 'back', callId: plan.callId, action: controlAction.parse({ kind: 'hand_back' }) };
      await rig.command(plan, command);
      expect(await rig.event(plan, 'control.applied')).toMatchObject({ commandId: 'back' });
      await rig.event(plan, 'agent.turn', ({ source }) => source === 'reply');
      const said = rig.providers.chats.slice(chatsBefore)[0]?.messages.map(({ content }) => content);
      expect(said).toEqual(expect.arrayContaining(['Do you have parking?', rig.providers.transcript]));
      await caller.leave();
      await rig.event(plan, 'ended');
    },
  );
});
