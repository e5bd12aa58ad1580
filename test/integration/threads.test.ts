import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { recordEvents, startInboundCall } from '../../core/calls/index.ts';
import { sendMessage, startConversation } from '../../core/conversations/index.ts';
import { allOf, ChatDesk } from '../factories/chats.ts';
import { conversation as callEvents, eventsOf } from '../factories/events.ts';
import { newAgent, newLine, nextNumber } from '../factories/lines.ts';
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
  await allOf(await sendMessage(ada.ctx, { conversationId: conversation.id, text: 'Me again.' }));
  const prompt = JSON.stringify(desk.asked[0]?.messages[0]);
  expect(prompt).toContain('Person: When are you open?');
  expect(prompt).toContain('You: From nine to six.');

  const next = await inbound();
  expect(next.definition.systemPrompt).toContain('Person: Me again.');
  // Another person's thread, and an agent that does not remember, know nothing.
  const other = await startConversation(ada.ctx, { agentId: agent.id, threadId: nextNumber() });
  await allOf(await sendMessage(ada.ctx, { conversationId: other.conversation.id, text: 'Hello' }));
  expect(JSON.stringify(desk.asked.at(-1)?.messages)).not.toContain('Me again.');
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
  await allOf(await sendMessage(ada.ctx, { conversationId, text: 'Do you have parking?' }));
  for (let missed = 0; missed < 3; missed++) {
    const { callId, greeted } = await inbound();
    await recordEvents(t.system(), { events: eventsOf(callId, greeted) });
    await open();
  }
  const { definition: next } = await inbound();
  expect(next.systemPrompt).toContain('Person: When are you open?');
  expect(next.systemPrompt).toContain('Person: Do you have parking?');
});
