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
