import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { updateAgent } from '../../core/agents/index.ts';
import { agents } from '../../db/schema/agents.ts';
import { ChatDesk, textOf } from '../factories/chats.ts';
import { teach } from '../factories/knowledge.ts';
import { newAgent } from '../factories/lines.ts';
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

describe('a chat that is handed to another agent', () => {
  const handOver = (to: string, text = '') => ({ text, tool: 'hand_off', args: { to } });

  test('goes on with its greeting, prompt and files, also after the next message', async () => {
    const billing = await newAgent(ada.ctx, {
      definition: {
        systemPrompt: 'You do the bills of {{name}}.',
        firstMessage: 'Billing here, {{name}}.',
      } as never,
    });
    await teach(t, ada.ctx, billing.id, 'fees.txt', 'A late fee is four dollars.');
    const { say, read, agent } = await desk.chat(
      { handoffTargets: [{ name: 'Billing', agentId: billing.id }] as never },
      { variables: { name: 'Kim' } },
    );
    desk.script(handOver('billing', 'One moment.'), { text: 'Four dollars.' });
    expect(textOf(await say('The bill, please.'))).toBe('One moment.Billing here, Kim.');
    expect(textOf(await say('What is a late fee?'))).toBe('Four dollars.');
    const { messages } = desk.asked.at(-1) ?? { messages: [] };
    expect(messages[0]?.content).toContain('You do the bills of Kim.');
    expect(messages.some(({ content }) => content.includes('late fee is four dollars'))).toBe(true);
    expect(desk.asked.at(-1)?.tools.map(({ name }) => name)).not.toContain('hand_off');
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
    const { say, read, started } = await desk.chat({
      systemPrompt: 'Good day, {{title}}.',
      handoffTargets: [{ name: 'Billing', agentId: billing.id }] as never,
    });
    expect(started.conversation.missingVariables).toEqual(['title']);
    desk.script(handOver('billing'), { text: 'Hello.' });
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
    const { say, read } = await desk.chat(toTwo);
    desk.script(handOver('Two'), handOver('One'), handOver('Two'), { text: 'Then I will do it.' });
    expect(textOf(await say('Who are you?'))).toBe('Then I will do it.');
    expect(desk.asked.map(({ tools }) => tools.some(({ name }) => name === 'hand_off'))).toEqual([
      ...[true, true, true, false],
    ]);
    expect((await read()).messages.filter(({ role }) => role === 'tool')).toHaveLength(3);
  });

  test('stays where it is when nobody is called that, or the other is gone', async () => {
    const gone = await newAgent(ada.ctx);
    const { say, read, agent } = await desk.chat({
      handoffTargets: [{ name: 'Billing', agentId: gone.id }] as never,
    });
    await t.db.update(agents).set({ deletedAt: new Date() }).where(eq(agents.id, gone.id));
    desk.script(handOver('the moon'), handOver('Billing'), { text: 'I will do it.' });
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
