import { withResolvers } from '../../../platform/with-resolvers.ts';
import type { CallParts } from '../parts.ts';
import type { Speech } from '../speech.ts';
import { Refusal } from './refusal.ts';

/** The control plane waits 2 s for the answer (core/calls/control/send.ts); it is on its way by then. */
const answerWithinMs = 1_600;

/** Answers when the first word is heard, or comes next; or why it is not said. */
export async function sayAloud(
  { log }: Pick<CallParts, 'log'>,
  speech: Pick<Speech, 'sayAtLength'>,
  text: string,
): Promise<string> {
  const late = new AbortController();
  const { promise: lateness, resolve } = withResolvers<'late'>();
  const timer = setTimeout(() => {
    late.abort(new Error('Nobody waits for the answer any more.'));
    resolve('late');
  }, answerWithinMs);
  try {
    const saying = speech.sayAtLength(text, 'say', late.signal).catch((error: unknown) => {
      if (!late.signal.aborted) log.warn({ err: error }, 'what a supervisor wrote could not be said');
      return 'voice gone' as const;
    });
    const said = await Promise.race([saying, lateness]);
    if (said === undefined) throw new Refusal('The call is over.');
    if (said === 'late') throw new Refusal('The voice does not answer in time, and nothing was said.');
    if (said === 'voice gone') throw new Refusal('The voice has failed, and nothing was said.');
    const begun = await Promise.race([said.begun, lateness]);
    if (begun === 'late') return 'The agent says it next.';
    if (!begun) throw new Refusal('The caller has spoken first, and it was not said.');
    return 'The agent says it.';
  } finally {
    clearTimeout(timer);
  }
}
