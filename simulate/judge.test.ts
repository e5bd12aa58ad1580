import { expect, test } from 'vitest';
import { type Answer, stepFailures } from './judge.ts';
import { scenario } from './scenario.ts';

const step = (fields: object) => {
  const [one] = scenario.parse({ name: 'x', steps: [fields] }).steps;
  if (!one) throw new Error('no step');
  return one;
};
const answer = (fields: Partial<Answer>): Answer => ({
  ...{ said: '', calls: [], notes: [], problems: [], tookMs: 0 },
  ...fields,
});

test('a silence asks whether, when and with which words the agent prompts', () => {
  const silence = step({
    silence_ms: 9_000,
    expect: { prompts: true, within_ms: 8_000, said: 'still there' },
  });
  expect(stepFailures(silence, 2, answer({ said: 'Are you still there?', promptMs: 6_000 }))).toEqual([]);
  expect(stepFailures(silence, 2, answer({ said: 'Are you still there?', promptMs: 8_500 }))).toEqual([
    'step 2 (9000 ms of silence): took 8500 ms, more than 8000',
  ]);
  expect(stepFailures(silence, 2, answer({ promptMs: null }))).toEqual([
    'step 2 (9000 ms of silence): did not say “still there”',
    'step 2 (9000 ms of silence): the agent said nothing',
    'step 2 (9000 ms of silence): nothing came within 8000 ms',
  ]);
  const quiet = step({ silence_ms: 9_000, expect: { prompts: false } });
  expect(stepFailures(quiet, 1, answer({ promptMs: null }))).toEqual([]);
  expect(stepFailures(quiet, 1, answer({ promptMs: 10 }))).toEqual([
    'step 1 (9000 ms of silence): the agent spoke',
  ]);
});

test('keys are answered like words', () => {
  const keys = step({ digits: '12', expect: { said: 'thank you', within_ms: 100 } });
  expect(stepFailures(keys, 1, answer({ said: 'Thank you.', tookMs: 90 }))).toEqual([]);
  expect(stepFailures(keys, 1, answer({ tookMs: 110 }))).toEqual([
    'step 1 (keys 12): did not say “thank you”',
    'step 1 (keys 12): took 110 ms, more than 100',
  ]);
});
