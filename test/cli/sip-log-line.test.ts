import { expect, it } from 'vitest';
import { readSipLogLine } from '../../cli/embedded/sip-log-line.ts';

const line = (fields: Record<string, unknown>) => JSON.stringify({ level: 'info', ...fields });

it('tells the operator in words why a caller was refused, and what was called', () => {
  const read = readSipLogLine(
    line({
      msg: 'Joining room',
      room: 'refused_+12025550101_abc',
      toUser: '+12025550999',
      fromIP: '127.0.0.1',
    }),
  );
  expect(read.severity).toBe('warn');
  expect(read.text).toContain('not registered');
  expect(read.text).toContain('called +12025550999, from 127.0.0.1');
});

it('does not show the fault that a refusal is for livekit-sip itself', () => {
  const read = readSipLogLine(
    line({ level: 'error', msg: 'Cannot create LiveKit participant', room: 'refused_+12025550101_abc' }),
  );
  expect(read.severity).toBe('info');
});

it('still shows other errors', () => {
  expect(readSipLogLine(line({ level: 'error', msg: 'cannot bind' })).severity).toBe('error');
});
