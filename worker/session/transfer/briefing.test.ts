import { llm } from '@livekit/agents';
import { expect, test } from 'vitest';
import { agentDefinition } from '../../../core/agents/definition.ts';
import { briefingFor, lastWords } from './briefing.ts';

const plan = { agent: { id: '', versionId: '', name: 'Rosa' }, definition: agentDefinition.parse({}) };

function historyOf(...said: string[]): llm.ChatContext {
  const history = llm.ChatContext.empty();
  history.addMessage({ role: 'assistant', content: 'Hello.' });
  for (const content of said) history.addMessage({ role: 'user', content });
  return history;
}

test('without a model, the person hears who calls, the caller’s last words, and how to answer', async () => {
  const text = await briefingFor({
    ...{ plan, callerNumber: '+15550121', model: null },
    history: historyOf('My bill is wrong', 'Can I talk to somebody?'),
  });
  expect(text).toContain('Rosa');
  expect(text).toContain('0 1 2 1');
  expect(text).toContain('My bill is wrong. Can I talk to somebody?');
  expect(text).toMatch(/press 1 .*press 2/i);
});

test('a caller without a number who has said nothing is announced all the same', async () => {
  const text = await briefingFor({ plan, callerNumber: null, model: null, history: historyOf() });
  expect(text).not.toContain('ending in');
  expect(text).not.toContain('said');
  expect(text).toMatch(/caller for you\. Press 1/);
});

test('a long story is cut', () => {
  expect(lastWords(historyOf('well '.repeat(200)), 'en').length).toBeLessThan(260);
});
