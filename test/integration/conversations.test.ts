import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { updateAgent } from '../../core/agents/index.ts';
import type { DefinitionPatch } from '../../core/agents/merge-definition.ts';
import { recordEvents, startInboundCall } from '../../core/calls/index.ts';
import {
  conversationLimits,
  endConversation,
  getConversation,
  type SendEvent,
  sendMessage,
  startConversation,
} from '../../core/conversations/index.ts';
import { agents } from '../../db/schema/agents.ts';
import { textMessages } from '../../db/schema/text-messages.ts';
import { conversation as callEvents, eventsOf } from '../factories/events.ts';
import { teach } from '../factories/knowledge.ts';
import { newAgent, newLine, nextNumber } from '../factories/lines.ts';
import { newPerson, type Person } from '../factories/people.ts';
import type { ChatRequest, ChatScript } from '../harness/chat-script.ts';
import { type TestContext, testContext } from '../harness/context.ts';

let t: TestContext;
let ada: Person;
beforeAll(async () => {
  t = await testContext();
  ada = await newPerson(t);
});
afterAll(() => t[Symbol.asyncDispose]());

let asked: ChatRequest[] = [];
/** The model takes one step after the other; the last one again and again. */
function script(...list: readonly ReturnType<ChatScript>[]): void {
  asked = [];
  t.ports.chatReply = (request) => {
    asked.push(request);
    return list[Math.min(asked.length, list.length) - 1] ?? { text: 'Nothing.' };
  };
}
beforeEach(() => script({ text: 'We are open from nine to five.' }));

async function chat(
  definition: DefinitionPatch = {},
  more: Partial<Parameters<typeof startConversation>[1]> = {},
) {
  const agent = await newAgent(ada.ctx, {
    definition: { systemPrompt: 'You are {{name}}.', variables: { name: 'Rosa' }, ...definition } as never,
  });
  const started = await startConversation(ada.ctx, { agentId: agent.id, ...more });
  const conversationId = started.conversation.id;
  return {
    agent,
    started,
    conversationId,
    say: async (text: string, signal?: AbortSignal) =>
      all(await sendMessage(ada.ctx, { conversationId, text, ...(signal ? { signal } : {}) })),
    read: () => getConversation(ada.ctx, { conversationId }),
  };
}

async function all(events: AsyncIterable<SendEvent>): Promise<SendEvent[]> {
  const list: SendEvent[] = [];
  for await (const event of events) list.push(event);
  return list;
}

const textOf = (events: readonly SendEvent[]) =>
  events.map((event) => (event.type === 'text' ? event.text : '')).join('');

describe('a chat', () => {
  test('begins with the agent’s first message, streams replies, and is kept with its history', async () => {
    const { say, read, started } = await chat({ firstMessage: 'Hello!', disclosure: 'I am an AI.' });
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
    const [system, ...rest] = asked.at(-1)?.messages ?? [];
    expect(system).toMatchObject({ role: 'system', content: expect.stringContaining('You are Rosa.') });
    expect(rest.map(({ role }) => role)).toEqual(['assistant', 'user', 'assistant', 'user']);
  });

  test('knows what the agent’s files say', async () => {
    const { say, agent } = await chat();
    await teach(t, ada.ctx, agent.id, 'pool.txt', 'The pool is open until ten in the evening.');
    await say('When does the pool close?');
    expect(asked[0]?.messages.at(-2)).toMatchObject({
      role: 'system',
      content: expect.stringContaining('until ten in the evening'),
    });
  });

  test('is over when the agent has said one of its end-call phrases', async () => {
    const { say, read } = await chat({ endCallPhrases: ['nice day'] });
    script({ text: 'Nice days are rare.' }, { text: 'Have a NICE day!' });
    await say('I am off on Friday.');
    expect((await read()).conversation.status).toBe('open');
    await say('Bye.');
    expect((await read()).conversation).toMatchObject({ status: 'ended', endReason: 'agent' });
  });

  describe('that is handed to another agent', () => {
    const handOver = (to: string, text = '') => ({ text, tool: 'hand_off', args: { to } });

    test('goes on with its greeting, prompt and files, also after the next message', async () => {
      const billing = await newAgent(ada.ctx, {
        definition: {
          systemPrompt: 'You do the bills of {{name}}.',
          firstMessage: 'Billing here, {{name}}.',
        } as never,
      });
      await teach(t, ada.ctx, billing.id, 'fees.txt', 'A late fee is four dollars.');
      const { say, read, agent } = await chat(
        { handoffTargets: [{ name: 'Billing', agentId: billing.id }] as never },
        { variables: { name: 'Kim' } },
      );
      script(handOver('billing', 'One moment.'), { text: 'Four dollars.' });
      expect(textOf(await say('The bill, please.'))).toBe('One moment.Billing here, Kim.');
      expect(textOf(await say('What is a late fee?'))).toBe('Four dollars.');
      const { messages } = asked.at(-1) ?? { messages: [] };
      expect(messages[0]?.content).toContain('You do the bills of Kim.');
      expect(messages.some(({ content }) => content.includes('late fee is four dollars'))).toBe(true);
      expect(asked.at(-1)?.tools.map(({ name }) => name)).not.toContain('hand_off');
      const { conversation, messages: kept } = await read();
      expect(conversation).toMatchObject({ agentId: agent.id, status: 'open' });
      expect(kept.map(({ role, text }) => [role, text])).toEqual([
        ['user', 'The bill, please.'],
        ['agent', 'One moment.'],
        ['tool', ''],
        ['agent', 'Billing here, Kim.'],
        ['user', 'What is a late fee?'],
        ['agent', 'Four dollars.'],
      ]);
    });

    test('says what either of the two lacked', async () => {
      const billing = await newAgent(ada.ctx, {
        definition: { systemPrompt: 'Bills of {{year}}.' } as never,
      });
      const { say, read, started } = await chat({
        systemPrompt: 'Good day, {{title}}.',
        handoffTargets: [{ name: 'Billing', agentId: billing.id }] as never,
      });
      expect(started.conversation.missingVariables).toEqual(['title']);
      script(handOver('billing'), { text: 'Hello.' });
      await say('The bill, please.');
      expect((await read()).conversation.missingVariables).toEqual(['title', 'year']);
    });

    test('is answered by the new agent’s model where that has no greeting; two who hand to each other come to an end', async () => {
      const one = await newAgent(ada.ctx, { definition: { systemPrompt: 'One.' } as never });
      const two = await newAgent(ada.ctx, {
        definition: { systemPrompt: 'Two.', handoffTargets: [{ name: 'One', agentId: one.id }] } as never,
      });
      const toTwo = { handoffTargets: [{ name: 'Two', agentId: two.id }] as never };
      await updateAgent(ada.ctx, { agentId: one.id, definition: toTwo });
      const { say, read } = await chat(toTwo);
      script(handOver('Two'), handOver('One'), handOver('Two'), { text: 'Then I will do it.' });
      expect(textOf(await say('Who are you?'))).toBe('Then I will do it.');
      expect(asked.map(({ tools }) => tools.some(({ name }) => name === 'hand_off'))).toEqual([
        ...[true, true, true, false],
      ]);
      expect((await read()).messages.filter(({ role }) => role === 'tool')).toHaveLength(3);
    });

    test('stays where it is when nobody is called that, or the other is gone', async () => {
      const gone = await newAgent(ada.ctx);
      const { say, read, agent } = await chat({
        handoffTargets: [{ name: 'Billing', agentId: gone.id }] as never,
      });
      await t.db.update(agents).set({ deletedAt: new Date() }).where(eq(agents.id, gone.id));
      script(handOver('the moon'), handOver('Billing'), { text: 'I will do it.' });
      expect(textOf(await say('The bill.'))).toBe('I will do it.');
      const uses = (await read()).messages.flatMap((one) => (one.role === 'tool' ? [one.data] : []));
      expect(uses).toMatchObject([
        { ok: false, result: 'There is nobody called "the moon". Billing.' },
        { ok: false, result: expect.stringMatching(/^Could not hand over: .* Go on yourself\.$/) },
      ]);
      expect((await read()).conversation.currentVersionId).toBeNull();
      expect(agent.id).not.toBe(gone.id);
    });
  });

  test('uses functions, tells the model what went wrong, and keeps every use', async () => {
    await using shop = await functionServer();
    t.ports.allowedHosts = [shop.host];
    const { say, read, conversationId } = await chat(
      {
        builtIns: ['take_note', 'send_message', 'transfer_call', 'send_dtmf'],
        functions: [{ name: 'look_up', url: shop.url }] as never,
      },
      { variables: { phone_number: '+14155550100' } },
    );
    script(
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
    expect(asked[0]?.tools.map(({ name }) => name)).toEqual(['take_note', 'send_message', 'look_up']);
    // The model sees its calls and their results again.
    expect(asked[1]?.messages.slice(-2)).toMatchObject([
      { role: 'assistant', toolCalls: [{ name: 'look_up', arguments: '{"item":"rope"}' }] },
      { role: 'tool', content: '{"left":3}' },
    ]);
  });

  test('whose model calls functions for ever is stopped, and says a sentence', async () => {
    const { say, read } = await chat({ builtIns: ['take_note'] });
    script({ tool: 'take_note', args: { text: 'again' } });
    const events = await say('Hello');
    expect(textOf(events)).toBe('Sorry, I could not answer that. Could you put it another way?');
    expect(asked).toHaveLength(conversationLimits.toolSteps + 1);
    expect(asked.at(-1)?.tools).toEqual([]);
    const { messages } = await read();
    expect(messages.filter(({ role }) => role === 'error').map(({ text }) => text)).toEqual([
      'The model called functions again and again; it was stopped.',
    ]);
  });

  test('whose model has nothing to say about what a function found says a sentence all the same', async () => {
    const { say } = await chat({ builtIns: ['take_note'] });
    script({ text: 'One moment.', tool: 'take_note', args: { text: 'x' } }, { text: '' });
    expect(textOf(await say('Hello'))).toBe(
      'One moment.Sorry, I could not answer that. Could you put it another way?',
    );
  });

  test('whose model fails says a sentence, and keeps why; the next message works', async () => {
    const { say, read } = await chat({ language: 'de-DE' });
    script({ failure: 'The language model answered 500.' }, { text: 'Guten Tag.' });
    expect(textOf(await say('Hallo'))).toContain('Entschuldigung');
    expect(textOf(await say('Hallo?'))).toBe('Guten Tag.');
    const { messages } = await read();
    expect(messages.map(({ role }) => role)).toEqual(['user', 'error', 'agent', 'user', 'agent']);
  });

  test('whose model fails is answered by the next one, in their order, and the person notices nothing', async () => {
    const fallbacks = ['spare-1', 'spare-2'].map((model) => ({ provider: 'openai', model }));
    const { say, read } = await chat({ llm: { model: 'first', fallbacks } });
    const failure = { failure: 'The language model answered 500.' };
    script(failure, failure, { text: 'Here I am.' });
    expect(textOf(await say('Hello?'))).toBe('Here I am.');
    expect(asked.map(({ model }) => model)).toEqual(['first', 'spare-1', 'spare-2']);
    expect((await read()).messages.map(({ role }) => role)).toEqual(['user', 'agent']);
    script(failure);
    expect(textOf(await say('And now?'))).toContain('Sorry');
    expect(asked).toHaveLength(3);
  });

  test('that the agent ends is over, and takes nothing more', async () => {
    const { say, read } = await chat();
    script({ text: 'Goodbye!', tool: 'end_call', args: {} });
    await say('Bye');
    expect((await read()).conversation).toMatchObject({ status: 'ended', endReason: 'agent' });
    await expect(say('Wait')).rejects.toMatchObject({ code: 'conflict' });
    expect(asked).toHaveLength(1);
  });

  test('that nobody listens to any more keeps what was said until then', async () => {
    const { conversationId, read } = await chat();
    const events = await sendMessage(ada.ctx, { conversationId, text: 'Tell me everything.' });
    for await (const event of events) if (event.type === 'text') break;
    const { messages, conversation } = await read();
    expect(messages.at(-1)).toMatchObject({ role: 'agent', text: 'We', data: { interrupted: true } });
    expect(conversation.replyingUntil).toBeNull();
  });

  test('takes one message at a time', async () => {
    const { conversationId, say } = await chat();
    const first = await sendMessage(ada.ctx, { conversationId, text: 'One' });
    await expect(say('Two')).rejects.toMatchObject({
      code: 'conflict',
      message: 'The agent is still answering the message before.',
    });
    await all(first);
    expect(textOf(await say('Two'))).not.toBe('');
  });

  test('has a limit of messages a minute', async () => {
    const { say } = await chat();
    for (let n = 0; n < conversationLimits.perMinute; n++) await say(`Message ${n}`);
    await expect(say('One more')).rejects.toMatchObject({ code: 'limit_exceeded' });
  });

  test('sends the model no more history than fits', async () => {
    const { say } = await chat();
    const long = 'x'.repeat(conversationLimits.messageLength);
    for (let n = 0; n < 9; n++) await say(`${n}${long.slice(1)}`);
    const sent = asked.at(-1)?.messages ?? [];
    expect(JSON.stringify(sent).length).toBeLessThan(conversationLimits.historyTokens * 4 + 2_000);
    expect(sent.at(-1)).toMatchObject({ role: 'user', content: `8${long.slice(1)}` });
  });

  test('of another workspace is not found, and ending it twice is a conflict', async () => {
    const { conversationId } = await chat();
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

test('a call and the chats of one thread know of each other, where the agent remembers', async () => {
  const caller = nextNumber();
  const agent = await newAgent(ada.ctx, { definition: { rememberThread: true, systemPrompt: 'Be kind.' } });
  const line = await newLine(t, ada.ctx, agent.id);
  const inbound = () =>
    startInboundCall(t.system(), {
      phoneNumberId: line.id,
      roomName: `in-${line.id}_${caller}_${Math.random()}`,
    });
  const call = await inbound();
  await recordEvents(t.system(), { events: eventsOf(call.callId, callEvents()) });

  const { conversation } = await startConversation(ada.ctx, { agentId: agent.id, threadId: caller });
  await all(await sendMessage(ada.ctx, { conversationId: conversation.id, text: 'Me again.' }));
  const prompt = JSON.stringify(asked[0]?.messages[0]);
  expect(prompt).toContain('Person: When are you open?');
  expect(prompt).toContain('You: From nine to six.');

  const next = await inbound();
  expect(next.definition.systemPrompt).toContain('Person: Me again.');
  // Another person's thread, and an agent that does not remember, know nothing.
  const other = await startConversation(ada.ctx, { agentId: agent.id, threadId: nextNumber() });
  await all(await sendMessage(ada.ctx, { conversationId: other.conversation.id, text: 'Hello' }));
  expect(JSON.stringify(asked.at(-1)?.messages)).not.toContain('Me again.');
});

test('calls and chats in which the person said nothing do not crowd out what they did say', async () => {
  const caller = nextNumber();
  const definition = { rememberThread: true, firstMessage: 'Hello, this is Rosa.' };
  const agent = await newAgent(ada.ctx, { definition });
  const line = await newLine(t, ada.ctx, agent.id);
  const inbound = async () => {
    const roomName = `in-${line.id}_${caller}_${Math.random()}`;
    const call = await startInboundCall(t.system(), { phoneNumberId: line.id, roomName });
    const greeted = callEvents().slice(0, 5);
    return { ...call, greeted };
  };
  const talked = await inbound();
  await recordEvents(t.system(), { events: eventsOf(talked.callId, callEvents()) });
  const open = () => startConversation(ada.ctx, { agentId: agent.id, threadId: caller });
  const wrote = await open();
  const conversationId = wrote.conversation.id;
  await all(await sendMessage(ada.ctx, { conversationId, text: 'Do you have parking?' }));
  for (let missed = 0; missed < 3; missed++) {
    const { callId, greeted } = await inbound();
    await recordEvents(t.system(), { events: eventsOf(callId, greeted) });
    await open();
  }
  const { definition: next } = await inbound();
  expect(next.systemPrompt).toContain('Person: When are you open?');
  expect(next.systemPrompt).toContain('Person: Do you have parking?');
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
