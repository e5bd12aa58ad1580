import { describe, expect, test } from 'vitest';
import { limits } from './limits.ts';
import type { ConversationMessage, MessageBody } from './message.ts';
import { promptFor } from './prompt.ts';

const said = (role: 'user' | 'agent', text: string): MessageBody => ({ role, text, data: {} });
const answered = (name: string, result: unknown): MessageBody => ({
  role: 'tool',
  text: '',
  data: { toolCallId: name, name, arguments: '{}', ok: true, result, durationMs: 1 },
});
const asked = (...bodies: readonly MessageBody[]) => {
  const history = bodies.map((body, seq): ConversationMessage => ({ ...body, seq, createdAt: new Date(0) }));
  return promptFor({ systemPrompt: 'You are Rosa.' }, history, 'The files say: ten.').slice(1);
};
const shortened = expect.stringMatching(/^x+\n\[cut after \d+ characters\]$/);

describe('functions that answer more than fits', () => {
  test('push out neither the question, nor what the files say, nor each other', () => {
    const large = 'x'.repeat(16_384);
    const messages = asked(
      said('user', 'Hello'),
      said('agent', 'Hello!'),
      said('user', 'Which rooms are free?'),
      answered('rooms', large),
      answered('prices', { rooms: 3 }),
      answered('guests', large),
    );
    expect(messages.map(({ role, content }) => [role, content])).toEqual([
      ['system', 'The files say: ten.'],
      ['user', 'Which rooms are free?'],
      ['assistant', ''],
      ['tool', shortened],
      ['assistant', ''],
      ['tool', '{"rooms":3}'],
      ['assistant', ''],
      ['tool', shortened],
    ]);
    const { length } = messages.map(({ content }) => content).join('');
    expect(length / 4).toBeLessThan(limits.historyTokens + 100);
    expect(length / 4).toBeGreaterThan(limits.historyTokens - 100);
  });

  test('are cut between characters, and never to nothing', () => {
    const many = Array.from({ length: 200 }, (_, n) => answered(`f${n}`, '😀'.repeat(2_000)));
    const results = asked(said('user', 'Go on'), ...many).filter(({ role }) => role === 'tool');
    expect(results).toHaveLength(200);
    for (const { content } of results) expect(content).toMatch(/^😀{100}\n\[cut after 200 characters\]$/u);
  });

  test('are whole where they fit, and older messages go first', () => {
    const result = 'x'.repeat(16_384);
    const messages = asked(
      said('user', 'y'.repeat(4_000)),
      said('agent', 'y'.repeat(4_000)),
      said('agent', 'Anything else?'),
      said('user', 'Which rooms are free?'),
      answered('rooms', result),
    );
    expect(messages.map(({ content }) => content)).toEqual([
      'y'.repeat(4_000),
      'Anything else?',
      'The files say: ten.',
      'Which rooms are free?',
      '',
      result,
    ]);
  });
});
