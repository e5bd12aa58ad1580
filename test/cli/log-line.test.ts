import { expect, test } from 'vitest';
import { readLogLine, reasonFrom } from '../../cli/log-line.ts';

test.each([
  [
    '{"level":"warn","process":"jobs","job":"sync-numbers","err":{"message":"fetch failed"},"msg":"a job failed and is tried again"}',
    { severity: 'warn', text: 'a job failed and is tried again (sync-numbers): fetch failed' },
  ],
  ['{"level":30,"msg":"ready"}', { severity: 'info', text: 'ready' }],
  ['{"level":"error","error":"no route","message":"lost"}', { severity: 'error', text: 'lost: no route' }],
  ['12:M 01 Jun 2026 10:00:00.000 # Out of memory', { severity: 'warn', text: 'Out of memory' }],
  ['2026-06-01 10:00:00 UTC [7] FATAL:  no space left', { severity: 'error', text: 'no space left' }],
  ['2026-06-01 10:00:00 UTC [7] FATAL:  the database system is starting up', { severity: 'info' }],
  ['{"level": broken', { severity: 'info', text: '{"level": broken' }],
])('%s', (line, expected) => {
  expect(readLogLine(line)).toMatchObject(expected);
});

test('why a process ended is its last error, else what it said last', () => {
  const lines = ['{"level":"error","msg":"the port is taken"}', '{"level":"info","msg":"bye"}'];
  expect(reasonFrom(lines)).toBe('the port is taken');
  expect(reasonFrom(lines.slice(1))).toBe('bye');
  expect(reasonFrom([])).toBeUndefined();
});
