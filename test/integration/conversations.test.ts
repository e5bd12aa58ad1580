import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { eq } from 'drizzle-orm';
import { DateTime } from 'luxon';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import {
  conversationLimits,
  endConversation,
  getConversation,
  sendMessage,
} from '../../core/conversations/index.ts';
import type { ChatModel } from '../../core/ports.ts';
import { maxCallsAtOnce } from '../../core/tools/tool.ts';
import { conversations } from '../../db/schema/conversations.ts';
import { textMessages } from '../../db/schema/text-messages.ts';
import { allOf, ChatDesk, textOf } from '../factories/chats.ts';
import { teach } from '../factories/knowledge.ts';
import { newPerson, type Person } from '../factories/people.ts';
import { type TestContext, testContext } from '../harness/context.ts';

let t: TestContext;
let ada: Person;
let desk: ChatDesk;
beforeAll(async () => {
  t = await testContext();
  ada = await newPerson(t);
});
beforeEach(() => {
  desk = new ChatDesk(t, ada);
});
afterAll(() => t[Symbol.asyncDispose]());

describe('a chat', () => {
  test('begins with the agent’s first message, streams replies, and is kept with its history', async () => {
    const { say, read, started } = await desk.chat({ firstMessage: 'Hello!', disclosure: 'I am an AI.' });
    expect(started.messages.map(({ text }) => text)).toEqual(['I am an AI. Hello!']);
    const events = await say('Are you open?');
    expect(events.filter(({ type }) => type === 'text').length).toBeGreaterThan(3);
    expect(textOf(events)).toBe('We are open from nine to five.');
    await say('And on Sundays?');
    const { messages, conversation } = await read();
    expect(messages.map(({ role, text }) => [role, text])).toEqual([
      ['agent', 'I am an AI. Hello!'],
      ['user', 'Are you open?'],
      ['agent', 'We are open from nine to five.'],
      ['user', 'And on Sundays?'],
      ['agent', 'We are open from nine to five.'],
    ]);
    expect(conversation).toMatchObject({ status: 'open', messageCount: 5, replyingUntil: null });
    const [system, ...rest] = desk.asked.at(-1)?.messages ?? [];
    expect(system).toMatchObject({ role: 'system', content: expect.stringContaining('You are Rosa.') });
    expect(rest.map(({ role }) => role)).toEqual(['assistant', 'user', 'assistant', 'user']);
  });

  test('knows what the agent’s files say', async () => {
    const { say, agent } = await desk.chat();
    await teach(t, ada.ctx, agent.id, 'pool.txt', 'The pool is open until ten in the evening.');
    await say('When does the pool close?');
    expect(desk.asked[0]?.messages.at(-2)).toMatchObject({
      role: 'system',
      content: expect.stringContaining('until ten in the evening'),
    });
  });

  test('is over when the agent has said one of its end-call phrases', async () => {
    const { say, read } = await desk.chat({ endCallPhrases: ['nice day'] });
    desk.script({ text: 'Nice days are rare.' }, { text: 'Have a NICE day!' });
    await say('I am off on Friday.');
    expect((await read()).conversation.status).toBe('open');
    await say('Bye.');
    expect((await read()).conversation).toMatchObject({ status: 'ended', endReason: 'agent' });
  });

  test('uses functions, tells the model what went wrong, and keeps every use', async () => {
    await using shop = await functionServer();
    t.ports.allowedHosts = [shop.host];
    const { say, read, conversationId } = await desk.chat(
      {
        builtIns: ['take_note', 'send_message', 'transfer_call', 'send_dtmf'],
        functions: [{ name: 'look_up', url: shop.url }] as never,
      },
      { variables: { phone_number: '+14155550100' } },
    );
    desk.script(
      { text: 'One moment.', tool: 'look_up', args: { item: 'rope' } },
      { tool: 'fly', args: {} },
      { tool: 'take_note', args: 'no json' },
      { tool: 'take_note', args: { text: 'wants rope' } },
      { tool: 'send_message', args: { text: 'Three left.' } },
      { text: 'There are three left.' },
    );
    const events = await say('Is there rope?');
    expect(textOf(events)).toBe('One moment.There are three left.');
    const { messages } = await read();
    const uses = messages.flatMap((message) => (message.role === 'tool' ? [message.data] : []));
    expect(uses.map(({ name, ok }) => [name, ok])).toEqual([
      ['look_up', true],
      ['fly', false],
      ['take_note', false],
      ['take_note', true],
      ['send_message', true],
    ]);
    expect(uses[0]).toMatchObject({ result: { left: 3 }, status: 200 });
    expect(uses[1]?.result).toContain('There is no function fly');
    expect(messages).toContainEqual(
      expect.objectContaining({ role: 'note', data: { fields: { text: 'wants rope' } } }),
    );
    expect(shop.seen[0]).toMatchObject({ 'x-trunkline-conversation': conversationId });
    const sent = await t.db
      .select()
      .from(textMessages)
      .where(eq(textMessages.conversationId, conversationId));
    expect(sent).toMatchObject([{ toNumber: '+14155550100', body: 'Three left.' }]);
    // What needs a line is not offered.
    expect(desk.asked[0]?.tools.map(({ name }) => name)).toEqual(['take_note', 'send_message', 'look_up']);
    // The model sees its calls and their results again.
    expect(desk.asked[1]?.messages.slice(-2)).toMatchObject([
      { role: 'assistant', toolCalls: [{ name: 'look_up', arguments: '{"item":"rope"}' }] },
      { role: 'tool', content: '{"left":3}' },
    ]);
  });

  test('whose model calls functions for ever is stopped, and says a sentence', async () => {
    const { say, read } = await desk.chat({ builtIns: ['take_note'] });
    desk.script({ tool: 'take_note', args: { text: 'again' } });
    const events = await say('Hello');
    expect(textOf(events)).toBe('Sorry, I could not answer that. Could you put it another way?');
    expect(desk.asked).toHaveLength(conversationLimits.toolSteps + 1);
    expect(desk.asked.at(-1)?.tools).toEqual([]);
    const { messages } = await read();
    expect(messages.filter(({ role }) => role === 'error').map(({ text }) => text)).toEqual([
      'The model called functions again and again; it was stopped.',
    ]);
  });

  test('whose model calls very many functions at once has a few carried out', async () => {
    const { say, read } = await desk.chat({ builtIns: ['take_note'] });
    const { chatModel } = t.ports;
    onTestFinished(() => void Object.assign(t.ports, { chatModel }));
    const wild: ChatModel = {
      async *stream({ messages }) {
        if (messages.at(-1)?.role === 'tool') yield { type: 'text', text: 'Noted.' };
        else
          for (let n = 0; n < 100; n++)
            yield { type: 'tool_call', id: `${n}`, name: 'take_note', arguments: `{"text":"${n}"}` };
      },
    };
    Object.assign(t.ports, { chatModel: wild });
    expect(textOf(await say('Note it all'))).toBe('Noted.');
    const { messages } = await read();
    expect(messages.filter(({ role }) => role === 'note')).toHaveLength(maxCallsAtOnce);
    expect(messages.find(({ role }) => role === 'error')?.text).toBe(
      'The model called 100 functions at once; only 16 were carried out.',
    );
  });

  test('knows what time it is for the person now, not when the chat began', async () => {
    const { say, conversationId } = await desk.chat(
      { systemPrompt: 'It is {{today}}.' },
      { variables: { time_zone: 'Pacific/Kiritimati' } },
    );
    const dayThere = () =>
      DateTime.now().setZone('Pacific/Kiritimati').setLocale('en-US').toLocaleString(DateTime.DATE_HUGE);
    await t.db
      .update(conversations)
      .set({ createdAt: new Date('2026-01-01T12:00:00Z') })
      .where(eq(conversations.id, conversationId));
    const before = dayThere();
    await say('What day is it?');
    expect([before, dayThere()].map((day) => `It is ${day}.`)).toContain(
      desk.asked[0]?.messages[0]?.content.split('\n')[0],
    );
  });

  test('whose model has nothing to say about what a function found says a sentence all the same', async () => {
    const { say } = await desk.chat({ builtIns: ['take_note'] });
    desk.script({ text: 'One moment.', tool: 'take_note', args: { text: 'x' } }, { text: '' });
    expect(textOf(await say('Hello'))).toBe(
      'One moment.Sorry, I could not answer that. Could you put it another way?',
    );
  });

  test('whose model fails says a sentence, and keeps why; the next message works', async () => {
    const { say, read } = await desk.chat({ language: 'de-DE' });
    desk.script({ failure: 'The language model answered 500.' }, { text: 'Guten Tag.' });
    expect(textOf(await say('Hallo'))).toContain('Entschuldigung');
    expect(textOf(await say('Hallo?'))).toBe('Guten Tag.');
    const { messages } = await read();
    expect(messages.map(({ role }) => role)).toEqual(['user', 'error', 'agent', 'user', 'agent']);
  });

  test('whose model fails is answered by the next one, in their order, and the person notices nothing', async () => {
    const fallbacks = ['spare-1', 'spare-2'].map((model) => ({ provider: 'openai', model }));
    const { say, read } = await desk.chat({ llm: { model: 'first', fallbacks } });
    const failure = { failure: 'The language model answered 500.' };
    desk.script(failure, failure, { text: 'Here I am.' });
    expect(textOf(await say('Hello?'))).toBe('Here I am.');
    expect(desk.asked.map(({ model }) => model)).toEqual(['first', 'spare-1', 'spare-2']);
    expect((await read()).messages.map(({ role }) => role)).toEqual(['user', 'agent']);
    desk.script(failure);
    expect(textOf(await say('And now?'))).toContain('Sorry');
    expect(desk.asked).toHaveLength(3);
  });

  test('that the agent ends is over, and takes nothing more', async () => {
    const { say, read } = await desk.chat();
    desk.script({ text: 'Goodbye!', tool: 'end_call', args: {} });
    await say('Bye');
    expect((await read()).conversation).toMatchObject({ status: 'ended', endReason: 'agent' });
    await expect(say('Wait')).rejects.toMatchObject({ code: 'conflict' });
    expect(desk.asked).toHaveLength(1);
  });

  test('that nobody listens to any more keeps what was said until then', async () => {
    const { conversationId, read } = await desk.chat();
    const events = await sendMessage(ada.ctx, { conversationId, text: 'Tell me everything.' });
    for await (const event of events) if (event.type === 'text') break;
    const { messages, conversation } = await read();
    expect(messages.at(-1)).toMatchObject({ role: 'agent', text: 'We', data: { interrupted: true } });
    expect(conversation.replyingUntil).toBeNull();
  });

  test('takes one message at a time', async () => {
    const { conversationId, say } = await desk.chat();
    const first = await sendMessage(ada.ctx, { conversationId, text: 'One' });
    await expect(say('Two')).rejects.toMatchObject({
      code: 'conflict',
      message: 'The agent is still answering the message before.',
    });
    await allOf(first);
    expect(textOf(await say('Two'))).not.toBe('');
  });

  test('has a limit of messages a minute', async () => {
    const { say } = await desk.chat();
    for (let n = 0; n < conversationLimits.perMinute; n++) await say(`Message ${n}`);
    await expect(say('One more')).rejects.toMatchObject({ code: 'limit_exceeded' });
  });

  test('sends the model no more history than fits', async () => {
    const { say } = await desk.chat();
    const long = 'x'.repeat(conversationLimits.messageLength);
    for (let n = 0; n < 9; n++) await say(`${n}${long.slice(1)}`);
    const sent = desk.asked.at(-1)?.messages ?? [];
    expect(JSON.stringify(sent).length).toBeLessThan(conversationLimits.historyTokens * 4 + 2_000);
    expect(sent.at(-1)).toMatchObject({ role: 'user', content: `8${long.slice(1)}` });
  });

  test('of another workspace is not found, and ending it twice is a conflict', async () => {
    const { conversationId } = await desk.chat();
    const stranger = await newPerson(t);
    for (const run of [
      () => getConversation(stranger.ctx, { conversationId }),
      () => endConversation(stranger.ctx, { conversationId }),
      () => sendMessage(stranger.ctx, { conversationId, text: 'Hello' }),
    ])
      await expect(run()).rejects.toMatchObject({ code: 'not_found' });
    await endConversation(ada.ctx, { conversationId });
    await expect(endConversation(ada.ctx, { conversationId })).rejects.toMatchObject({ code: 'conflict' });
  });
});

async function functionServer() {
  const seen: Record<string, unknown>[] = [];
  const server = createServer((request, response) => {
    seen.push(request.headers);
    response.setHeader('content-type', 'application/json');
    response.end('{"left":3}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    host,
    url: `http://${host}/stock`,
    seen,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
