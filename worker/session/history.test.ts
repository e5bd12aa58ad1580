import { expect, test } from 'vitest';
import { resumedContext, turnOf } from './history.ts';

const history = [
  { role: 'user' as const, text: 'A table for two.' },
  { role: 'agent' as const, text: 'One moment.' },
];
const done = [
  { turns: 1, words: 'look() answered: yes' },
  { turns: 2, words: 'book() answered: done' },
];

test('what was done stands between the turns where it was done', () => {
  const { items } = resumedContext({ history, done, answeredAt: 1 });
  expect(items.map((item) => item.type === 'message' && `${item.role}: ${item.textContent}`)).toEqual([
    'user: A table for two.',
    expect.stringMatching(/^system: .*look\(\) answered: yes/),
    'assistant: One moment.',
    expect.stringMatching(/^system: .*book\(\) answered: done/),
  ]);
});

test('whoever waited for what a function would bring is not left in silence', () => {
  expect(turnOf({ history, done, answeredAt: 1 })).toBe('agent');
  expect(turnOf({ history, done: done.slice(0, 1), answeredAt: 1 })).toBe('caller');
  expect(turnOf({ history: history.slice(0, 1), answeredAt: 1 })).toBe('agent');
  expect(turnOf({ history: [], answeredAt: 1 })).toBe('greet');
});

test('two who talk with each other are not spoken into, and the agent knows of them', () => {
  const guests = [{ identity: 'person-1', name: 'Desk', recorded: false }];
  const resume = { history: history.slice(0, 1), guests, answeredAt: 1 };
  expect(turnOf(resume)).toBe('caller');
  expect(turnOf({ ...resume, guests: [] })).toBe('agent');
  const last = resumedContext(resume).items.at(-1);
  expect(last?.type === 'message' && [last.role, last.textContent]).toEqual([
    'system',
    expect.stringContaining('Desk joined you and the caller'),
  ]);
});
