import { expect, test } from 'vitest';
import { agentDefinition } from './definition.ts';
import { composesFirst, openingWords, silentAtFirstMs } from './opening-words.ts';

const [disclosure, firstMessage] = ['I am an AI.', 'How can I help?'];

test.each([
  [{ firstMessage }, 'How can I help?', false],
  [{ disclosure, firstMessage }, 'I am an AI. How can I help?', false],
  [{ disclosure }, 'I am an AI.', true],
  [{}, '', true],
  [{ disclosure, firstMessage, speaksFirst: 'caller' as const }, 'I am an AI.', false],
  [{ firstMessage, speaksFirst: 'wait' as const }, '', false],
])('%j begins with %j', (given, words, composes) => {
  const definition = agentDefinition.parse(given);
  expect(openingWords(definition)).toBe(words);
  expect(composesFirst(definition)).toBe(composes);
});

test.each([
  [{}, 0],
  [{ firstMessage, speaksFirst: 'agent' as const }, 0],
  [{ disclosure, speaksFirst: 'caller' as const }, 0],
  [{ firstMessage, speaksFirst: 'caller' as const }, Number.POSITIVE_INFINITY],
  [{ firstMessage, speaksFirst: 'wait' as const, firstMessageDelayMs: 700 }, 700],
  [{ speaksFirst: 'wait' as const, firstMessageDelayMs: 700 }, Number.POSITIVE_INFINITY],
])('%j is silent for %j ms', (given, silentMs) => {
  expect(silentAtFirstMs(agentDefinition.parse(given))).toBe(silentMs);
});
