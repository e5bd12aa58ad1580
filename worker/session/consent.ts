import type { CallPlan } from '../../core/calls/plan.ts';
import { messageOf } from '../message-of.ts';
import type { CallParts } from './parts.ts';
import type { Speech } from './speech.ts';

/** What is said before a recording begins. Empty: nothing, or this call is not recorded, or it was said already. */
export function consentLine({ definition, resume }: CallPlan): string {
  const { policy, consentLine: line } = definition.recording;
  return policy === 'on' && resume?.recording === undefined ? line.trim() : '';
}

/**
 * Begins to record when whoever calls has been told. Resolves as soon as other words may follow, which are said after
 * the line. A line that could not be said, or not to its end, means no recording.
 */
export async function beginRecording(parts: CallParts, speech: Speech): Promise<void> {
  const { plan, recording, outcome } = parts;
  if (plan.definition.recording.policy !== 'on') return;
  const line = consentLine(plan);
  if (line === '') return recording.start({ paused: plan.resume?.recording === 'paused' });
  try {
    const handle = await speech.say(line, 'say', { interruptible: false });
    handle?.addDoneCallback(() => {
      if (outcome.ending) return;
      if (handle.interrupted) notRecorded(parts, 'it was cut off');
      else recording.start();
    });
  } catch (error) {
    notRecorded(parts, `it could not be said: ${messageOf(error)}`);
  }
}

/** Whoever misses the recording finds out why in the events of the call. */
function notRecorded({ events, log }: CallParts, why: string): void {
  const message = `The consent line was not heard to its end (${why}), so the call is not recorded.`;
  log.warn(message);
  events.emit({ type: 'error', source: 'session', provider: 'recording', message, recoverable: true });
}
