import { expect, test } from 'vitest';
import { dispositionOf } from './run-call.ts';

test('whoever hangs up has left the agent, unless the agent has put them through', () => {
  expect(dispositionOf('completed', true)).toBe('completed');
  expect(dispositionOf('completed', false)).toBe('abandoned');
  expect(dispositionOf('transferred', false)).toBe('transferred');
  expect(dispositionOf('failed', true)).toBe('failed');
});
