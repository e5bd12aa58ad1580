import { refusedRoomPrefix } from './refuse.ts';

export interface Refusal {
  /** In words, without personal data. */
  readonly reason: string;
  readonly pii: { readonly from: string; readonly to: string; readonly address: string };
}

/**
 * Reads a line of livekit-sip's own log (the only place where refused calls are to be seen: LiveKit sends no webhook
 * for them) and says why a caller was turned away. Null: the line is about something else. One line per refused call.
 *
 * livekit-sip 1.8 writes `time TAB level TAB logger TAB source TAB message TAB {json}`, or with `json: true` one
 * object.
 */
export function explainRefusal(line: string): Refusal | null {
  const start = line.indexOf('{');
  if (start < 0) return null;
  const fields = parse(line.slice(start));
  if (fields === null) return null;
  const message = start === 0 ? text(fields.msg) : line.slice(0, start);
  const words = reasonOf(message, fields);
  if (words === null) return null;
  return {
    reason: words,
    pii: { from: text(fields.fromUser), to: text(fields.toUser), address: text(fields.fromIP) },
  };
}

function reasonOf(message: string, fields: Record<string, unknown>): string | null {
  if (message.includes('Joining room') && text(fields.room).startsWith(`${refusedRoomPrefix}_`))
    return fields.sipTrunk
      ? 'A call was refused: the number has no agent. Map one to it.'
      : 'A call was refused: the number is not registered, or calls from this address are not allowed for it. Register the number, or add the address to its allowed addresses.';
  if (message.includes('Rejecting inbound flood') || message.includes('Dropping inbound flood'))
    return 'A call was dropped without an answer: nothing is set up for the number and the address it came from.';
  if (message.includes('Rejecting inbound call, dispatch evaluation failed'))
    return 'A call was refused: livekit-server did not answer livekit-sip in time.';
  if (message.includes('Rejecting inbound, auth check failed'))
    return 'A call was refused: livekit-server did not answer livekit-sip in time.';
  if (/credentials|password|auth/i.test(message) && /(mismatch|invalid|wrong|failed)/i.test(message))
    return 'A call was refused: user name or password of the caller are wrong for this number.';
  if (message.includes('Cannot start media'))
    return 'A call was refused: the caller offers no audio format that we speak (G.711, G.722, Opus).';
  return null;
}

function parse(json: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '');
