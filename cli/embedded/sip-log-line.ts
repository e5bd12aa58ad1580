import { explainRefusal } from '../../sip/explain-refusal.ts';
import { refusedRoomPrefix } from '../../sip/refuse.ts';
import { type LogLine, readLogLine } from '../log-line.ts';

/**
 * livekit-sip's log for an operator: a refused caller becomes one sentence that says why and what to do, and the
 * faults that livekit-sip sees in the refusal itself (its room does not exist, on purpose) are not shown.
 */
export function readSipLogLine(line: string): LogLine {
  const refusal = explainRefusal(line);
  if (refusal) {
    const { to, address } = refusal.pii;
    return {
      severity: 'warn',
      text: `${refusal.reason} (called ${to || 'nobody'}, from ${address || 'unknown'})`,
    };
  }
  if (line.includes(`"${refusedRoomPrefix}_`)) return { severity: 'info', text: line };
  const read = readLogLine(line);
  // What livekit-sip warns about concerns its own life; only its errors are the operator's.
  return read.severity === 'warn' ? { ...read, severity: 'info' } : read;
}
